import { existsSync } from "node:fs";
import path from "node:path";
import { performance } from "node:perf_hooks";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { BridgeError } from "../../lib/errors";
import { Canary } from "./canary";
import { decodeError, type EncodedError } from "./error-codec";
import type { Link } from "./link";
import { flagsOfThread, variablesOfThread } from "./node-flags";
import { type FromHost, type ToHost, transferOf } from "./protocol";

/** What the worker is given. */
export interface WorkerData {
  readonly port: MessagePort;
  /** Kept open as long as the worker lives. */
  readonly canary: MessagePort;
  /** Two counters: messages sent, and signs of life. */
  readonly doorbell: SharedArrayBuffer;
}

const SLICE = 100;

/** A link to a worker thread: payloads over a port by transfer, and a shared counter to wake up by. */
export class WorkerLink implements Link {
  readonly abilities = { blobs: true, descriptors: true };
  ready = false;
  dead = false;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #doorbell = new Int32Array(new SharedArrayBuffer(8));
  readonly #canary = new Canary();
  #cause: unknown;

  constructor() {
    const file = workerFile();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const canary = this.#canary.theirs;
    const workerData: WorkerData = {
      port: port2,
      canary,
      doorbell: this.#doorbell.buffer as SharedArrayBuffer,
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
    this.#port.postMessage(message, transferOf(message));
  }

  flush(): void {}

  #poll(): readonly FromHost[] {
    const messages: FromHost[] = [];
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: FromHost } | undefined;
      if (!received) return messages;
      const { message } = received;
      if (message[0] === "ready") this.ready = true;
      if (message[0] === "dying") this.#cause = decodeError(JSON.parse(message[2]) as EncodedError);
      else messages.push(message);
    }
  }

  wait(milliseconds: number): readonly FromHost[] {
    const doorbell = this.#doorbell;
    const end = performance.now() + milliseconds;
    for (;;) {
      const dead = this.dead;
      // Read the counter, then look, then wait for it to differ: a message between the two is not slept through.
      const seen = Atomics.load(doorbell, 0);
      const messages = this.#poll();
      if (messages.length > 0) return messages;
      if (dead) throw this.#ended();
      const left = end - performance.now();
      if (left <= 0) return [];
      const slept = Atomics.wait(doorbell, 0, seen, Math.min(left, SLICE)) === "timed-out";
      // Once dead, the port is looked at once more: what the worker sent before its end is not lost.
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

function workerFile(): string {
  // In a bundle this code is in a file of another name, or has no __filename at all (an ES module), and a worker.js
  // next to it is somebody else's.
  if (typeof __filename !== "string" || !/^worker-link\.[jt]s$/.test(path.basename(__filename))) {
    throw new BridgeError(
      'the bridge\'s worker is a file of its own, which is not in the bundle: a bundler must leave "dify-dual" out of the bundle (external)',
    );
  }
  // From the sources, as in jest, the built worker is used: on Node 20 a worker cannot load TypeScript.
  const built = __filename.endsWith(".ts")
    ? path.join(__dirname, "..", "..", "dist", "lib-sync", "bridge")
    : __dirname;
  const file = path.join(built, "worker.js");
  if (existsSync(file)) return file;
  throw new BridgeError(
    `the bridge's worker file is missing: ${file}. From a checkout, run "npm run build" first`,
  );
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
