import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { FakeDifyKeys, FakeDifyOptions } from "./options";
import { DOORBELL, type ServerMessage, type ServerStart } from "./protocol";

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
  const { worker, port, keys } = launch(options);
  let first: ServerMessage;
  try {
    first = await nextMessage(worker, port);
  } catch (error) {
    await worker.terminate();
    throw error;
  }
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= end(worker, port);
    return closing;
  };
  return { ...describe(first, keys), close, [Symbol.asyncDispose]: close };
}

/**
 * The same, for scripts without `await`: blocks until the server listens.
 * @throws Error when the options are wrong or it does not listen within ten seconds
 */
export function startFakeDifySync(options: FakeDifyOptions = {}): FakeDifySync {
  const { worker, port, doorbell, keys } = launch(options);
  const first = receive(port, doorbell);
  if (first === undefined) {
    void worker.terminate();
    throw notListening();
  }
  let closed = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    port.postMessage("close");
    // One that does not answer is ended from here.
    if (receive(port, doorbell) === undefined) void worker.terminate();
    port.close();
  };
  return { ...describe(first, keys), close, [Symbol.dispose]: close };
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
  for (const [name, key] of Object.entries(keys)) {
    if (typeof key === "string" && /^\S+$/.test(key)) continue;
    throw new TypeError(`${NAME}: keys.${name} must be a string without spaces`);
  }
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
  const source = __filename.endsWith(".ts");
  const folder = source ? join(__dirname, "..", "dist", "testing") : __dirname;
  const file = join(folder, "server-worker.js");
  if (existsSync(file)) return file;
  throw new Error(
    `${NAME} has no ${file}${source ? `; it runs from the built package: "npm run build" first` : ""}`,
  );
}

/** The worker's next message, for a caller that does not block. */
function nextMessage(worker: Worker, port: MessagePort): Promise<ServerMessage> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      clearTimeout(timer);
      port.off("message", onMessage);
      port.unref();
      worker.off("error", onError);
      worker.off("exit", onExit);
      act();
    };
    const onMessage = (message: ServerMessage) => settle(() => resolve(message));
    const onError = (error: Error) => settle(() => reject(error));
    const onExit = (code: number) =>
      settle(() => reject(new Error(`${NAME}: its thread ended with code ${code}`)));
    const timer = setTimeout(() => settle(() => reject(notListening())), LIMIT);
    port.on("message", onMessage);
    worker.on("error", onError);
    worker.on("exit", onExit);
  });
}

/** Asks the worker to end, and ends it if it does not. */
async function end(worker: Worker, port: MessagePort): Promise<void> {
  // A thread that has ended already says nothing any more.
  if (worker.threadId !== -1) {
    const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
    worker.ref();
    port.postMessage("close");
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LIMIT);
    });
    await Promise.race([exited, limit]);
    clearTimeout(timer);
    await worker.terminate();
  }
  port.close();
}

/** Waits, blocking, for the worker's next message; `undefined` when the time is up. */
function receive(port: MessagePort, doorbell: SharedArrayBuffer): ServerMessage | undefined {
  const bell = new Int32Array(doorbell);
  const until = Date.now() + LIMIT;
  for (;;) {
    const rung = Atomics.load(bell, DOORBELL);
    const received = receiveMessageOnPort(port);
    if (received) return received.message as ServerMessage;
    const left = until - Date.now();
    if (left <= 0) return undefined;
    Atomics.wait(bell, DOORBELL, rung, left);
  }
}

function describe(first: ServerMessage, keys: FakeDifyKeys): FakeDifyServer {
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
