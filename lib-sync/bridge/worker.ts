import { workerData } from "node:worker_threads";
import { Channel, type OnPort } from "./channel";
import { encodeError } from "./error-codec";
import { Host } from "./host";
import type { FromHost, ToHost } from "./protocol";
import type { WorkerData } from "./worker-link";

// The entry of the worker thread. It writes nothing to stdout.
const { port, canary, doorbell: shared, rings } = workerData as WorkerData;
const doorbell = new Int32Array(shared);
const channel = new Channel<FromHost, ToHost>(port, rings[1], rings[0]);

function send(message: FromHost): void {
  channel.send(message);
  Atomics.add(doorbell, 0, 1);
  Atomics.notify(doorbell, 0);
}

// A blocked caller gets no events: without this it would not learn why the worker ended.
process.on("uncaughtExceptionMonitor", (error) => send(["dying", 0, JSON.stringify(encodeError(error))]));

const host = new Host(
  send,
  () => void Atomics.add(doorbell, 1, 1),
  () => channel.drained,
);
port.on("message", (event: OnPort<ToHost>) => {
  channel.accept(event);
  for (;;) {
    const message = channel.receive();
    if (!message) break;
    host.receive(message);
  }
});
// What it is sent says nothing, and must not pile up. Nor must it be collected, and closed, before its time.
canary.on("message", () => {});
port.once("close", () => canary.close());
send(["ready", 0]);
