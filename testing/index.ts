import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel, type MessagePort, Worker, receiveMessageOnPort } from "node:worker_threads";
import type { FakeDifyKeys, FakeDifyOptions } from "./options";
import { DOORBELL, type ServerStart, type ServerStarted } from "./protocol";

export type { FakeDifyKeys, FakeDifyOptions } from "./options";

/** A running fake server, as both ways of starting it describe it. */
interface FakeDifyServer {
  /** `http://127.0.0.1:<port>/v1`, for the option `baseUrl` of a client. */
  readonly baseUrl: string;
  /** One key for each seeded app, and the knowledge key. */
  readonly keys: FakeDifyKeys;
  /** The id of a seeded knowledge base: two documents, keyword search. */
  readonly datasetId: string;
}

/** A fake Dify server. Whoever started it closes it; a forgotten one does not keep the process alive. */
export interface FakeDify extends FakeDifyServer, AsyncDisposable {
  /** Ends the server and every connection to it. Closing twice does no harm. */
  close(): Promise<void>;
}

/** A fake Dify server, closed by a call that blocks. */
export interface FakeDifySync extends FakeDifyServer, Disposable {
  /** Ends the server and every connection to it, and returns when it is gone. Closing twice does no harm. */
  close(): void;
}

/** How long starting and ending may take, in milliseconds. */
const LIMIT = 10_000;

/**
 * Starts a fake Dify server on a free port of this machine, with its own state, in a thread of its own: it answers
 * also while the calling thread is blocked. It serves the Service API as Dify 1.14.2 does, with five apps, a
 * knowledge base and a model that echoes.
 * @throws Error when the options are wrong or it does not listen within ten seconds
 */
export async function startFakeDify(options: FakeDifyOptions = {}): Promise<FakeDify> {
  const started = launch(options);
  const { worker, port } = started;
  const first = await new Promise<ServerStarted>((resolve, reject) => {
    const timer = setTimeout(() => reject(notListening()), LIMIT);
    const settle = (act: () => void) => {
      clearTimeout(timer);
      act();
    };
    port.once("message", (message: ServerStarted) => settle(() => resolve(message)));
    worker.once("error", (error) => settle(() => reject(error)));
    worker.once("exit", (code) => settle(() => reject(new Error(`${NAME}: its thread ended with code ${code}`))));
  }).catch(async (error: unknown) => {
    await worker.terminate();
    throw error;
  });
  port.unref();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= new Promise((resolve) => {
      worker.ref();
      worker.once("exit", () => resolve());
      port.postMessage("close");
      setTimeout(() => void worker.terminate(), LIMIT).unref();
    });
    return closing;
  };
  return { ...describe(first, started.keys), close, [Symbol.asyncDispose]: close };
}

/**
 * The same, for scripts without `await`: blocks until the server listens.
 * @throws Error when the options are wrong or it does not listen within ten seconds
 */
export function startFakeDifySync(options: FakeDifyOptions = {}): FakeDifySync {
  const started = launch(options);
  const { worker, port, doorbell } = started;
  let first: ServerStarted;
  try {
    first = receive(port, doorbell);
  } catch (error) {
    void worker.terminate();
    throw error;
  }
  port.unref();
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    port.postMessage("close");
    receive(port, doorbell);
  };
  return { ...describe(first, started.keys), close, [Symbol.dispose]: close };
}

const NAME = "dify-dual/testing: the fake Dify server";
const notListening = () => new Error(`${NAME} did not listen within ${LIMIT} ms`);

interface Launched {
  worker: Worker;
  port: MessagePort;
  doorbell: SharedArrayBuffer;
  keys: FakeDifyKeys;
}

function launch(options: FakeDifyOptions): Launched {
  const { keys: given = {}, ...rest } = options;
  const settings = { pace: 30, latency: 0, tail: 100, ...definedOnly(rest) };
  for (const [name, value] of Object.entries(settings)) {
    if (!["pace", "latency", "tail"].includes(name)) throw new TypeError(`${NAME} has no option ${name}`);
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0 || value > 2 ** 31 - 1) {
      throw new TypeError(`${NAME}: ${name} must be a number of milliseconds, not ${String(value)}`);
    }
  }
  const keys = { ...newKeys(), ...definedOnly(given) };
  const doorbell = new SharedArrayBuffer(4);
  const { port1: port, port2: theirs } = new MessageChannel();
  const start: ServerStart = { options: settings, keys, port: theirs, doorbell };
  const worker = new Worker(workerFile(), {
    workerData: start,
    transferList: [theirs],
    // Flags of the caller's process, such as a TypeScript loader or a profiler, are not meant for the server.
    execArgv: [],
    name: "fake-dify",
  });
  worker.unref();
  return { worker, port, doorbell, keys };
}

/** The compiled worker: on Node 20 a worker cannot load TypeScript. */
function workerFile(): string {
  if (!__filename.endsWith(".ts")) return join(__dirname, "server-worker.js");
  const built = join(__dirname, "..", "dist", "testing", "server-worker.js");
  if (!existsSync(built)) throw new Error(`${NAME} runs from the built package; run "npm run build" first`);
  return built;
}

/** Waits, blocking, for the worker's next message. */
function receive(port: MessagePort, doorbell: SharedArrayBuffer): ServerStarted {
  const bell = new Int32Array(doorbell);
  const until = Date.now() + LIMIT;
  for (;;) {
    const rung = Atomics.load(bell, DOORBELL);
    const received = receiveMessageOnPort(port);
    if (received) return received.message as ServerStarted;
    const left = until - Date.now();
    if (left <= 0) throw notListening();
    Atomics.wait(bell, DOORBELL, rung, left);
  }
}

function describe(first: ServerStarted, keys: FakeDifyKeys): FakeDifyServer {
  if (!("port" in first)) {
    throw new Error(`${NAME} could not listen${"failed" in first ? `: ${first.failed}` : ""}`);
  }
  return { baseUrl: `http://127.0.0.1:${first.port}/v1`, keys: { ...keys }, datasetId: first.datasetId };
}

function newKeys(): FakeDifyKeys {
  const key = (prefix: string) => `${prefix}-${randomBytes(12).toString("hex")}`;
  return {
    chat: key("app"),
    agentChat: key("app"),
    chatflow: key("app"),
    completion: key("app"),
    workflow: key("app"),
    dataset: key("dataset"),
  };
}

function definedOnly<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
