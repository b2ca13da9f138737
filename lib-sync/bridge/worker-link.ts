import path from "node:path";
import { performance } from "node:perf_hooks";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { BridgeError } from "../../lib/errors";
import { builtFolder } from "./built-folder";
import { Canary } from "./canary";
import { Channel } from "./channel";
import { decodeError, type EncodedError } from "./error-codec";
import type { Link } from "./link";
import { flagsOfThread, variablesOfThread } from "./node-flags";
import type { FromHost, ToHost } from "./protocol";
import { ringMemory } from "./ring";

/** What the worker is given. */
export interface WorkerData {
  readonly port: MessagePort;
  /** Kept open as long as the worker lives. */
  readonly canary: MessagePort;
  /** Two counters: messages sent, and signs of life. */
  readonly doorbell: SharedArrayBuffer;
  /** The rings to the worker and back. */
  readonly rings: readonly [toHost: SharedArrayBuffer, fromHost: SharedArrayBuffer];
}

const SLICE = 100;

// Requests are small, and go one by one.
const TO_HOST = 64 * 1024;
// What is read of a stream ahead of its reader fits in.
const FROM_HOST = 1024 * 1024;

/** A link to a worker thread: a channel, and a shared counter to wake up by. */
export class WorkerLink implements Link {
  readonly abilities = { blobs: true, descriptors: true };
  ready = false;
  dead = false;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #channel: Channel<ToHost, FromHost>;
  readonly #doorbell = new Int32Array(new SharedArrayBuffer(8));
  readonly #canary = new Canary();
  #cause: unknown;

  constructor() {
    const file = path.join(builtFolder(), "worker.js");
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const rings = [ringMemory(TO_HOST), ringMemory(FROM_HOST)] as const;
    this.#channel = new Channel(port1, ...rings);
    const canary = this.#canary.theirs;
    const workerData: WorkerData = {
      port: port2,
      canary,
      doorbell: this.#doorbell.buffer as SharedArrayBuffer,
      rings,
    };
    try {
      this.#worker = new Worker(file, {
        name: "dify-dual",
        workerData,
        transferList: [port2, canary],
        execArgv: flagsOfThread(),
        env: variablesOfThread(),
        trackUnmanagedFds: false,
      });
    } catch (cause) {
      throw refused(cause);
    }
    this.#worker.on("error", (error) => {
      this.#cause ??= error;
      this.dead = true;
    });
    this.#worker.on("exit", () => {
      this.dead = true;
    });
    this.#worker.unref();
    port1.unref();
  }

  get activity(): number {
    return Atomics.load(this.#doorbell, 1);
  }

  post(message: ToHost): void {
    if (!this.#channel.send(message)) this.#port.postMessage(null);
  }

  flush(): void {}

  /** The next message that is meant for the caller. */
  #receive(): FromHost | null {
    for (;;) {
      const message = this.#channel.receive();
      if (message?.[0] === "ready") this.ready = true;
      else if (message?.[0] === "dying") this.#cause = decodeError(JSON.parse(message[2]) as EncodedError);
      else return message;
    }
  }

  wait(milliseconds: number): FromHost | null {
    const doorbell = this.#doorbell;
    const end = performance.now() + milliseconds;
    for (;;) {
      const dead = this.dead;
      // Read the counter, then look, then wait for it to differ: a message between the two is not slept through.
      const seen = Atomics.load(doorbell, 0);
      const message = this.#receive();
      if (message) return message;
      if (dead) throw this.#ended();
      const left = end - performance.now();
      if (left <= 0) return null;
      const slept = Atomics.wait(doorbell, 0, seen, Math.min(left, SLICE)) === "timed-out";
      // Once dead, it is looked once more: what the worker sent before its end is not lost.
      if (slept && !this.#canary.alive) this.dead = true;
    }
  }

  end(): void {
    this.dead = true;
    void this.#worker.terminate();
  }

  #ended(): BridgeError {
    this.#canary.close();
    return new BridgeError("the bridge's worker thread has ended", { cause: this.#cause });
  }
}

function refused(cause: unknown): BridgeError {
  const denied = (cause as { code?: unknown } | null)?.code === "ERR_ACCESS_DENIED";
  return new BridgeError(
    denied
      ? 'Node\'s permission model denies the worker thread of the blocking clients: allow it with --allow-worker, or pass { bridge: "process" } and allow --allow-child-process'
      : "the worker thread of the blocking clients could not be started",
    { cause },
  );
}
