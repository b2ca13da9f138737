import type { AddressInfo } from "node:net";
import { workerData } from "node:worker_threads";
import { DOORBELL, type ServerMessage, type ServerStart } from "./protocol";
import { createFakeServer } from "./server";
import { State } from "./state";

const { options, keys, port, doorbell } = workerData as ServerStart;
const state = new State(options, keys);
const server = createFakeServer(state);

server.once("error", (error) => tell({ failed: error.message }));
server.listen(0, "127.0.0.1", () => {
  tell({ port: (server.address() as AddressInfo).port, datasetId: state.knowledge.seeded.id });
});
port.once("message", () => {
  server.closeAllConnections();
  server.close(() => {
    tell({ closed: true });
    port.close();
    process.exit(0);
  });
});

/** Sends a message and rings, for a caller that sleeps. */
function tell(message: ServerMessage): void {
  port.postMessage(message);
  const bell = new Int32Array(doorbell);
  Atomics.add(bell, DOORBELL, 1);
  Atomics.notify(bell, DOORBELL);
}
