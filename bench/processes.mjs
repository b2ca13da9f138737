// The processes of a measurement: the server, and the clients with a time limit for each question.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const certificate = fileURLToPath(new URL("../__tests__/fixtures/tls/cert.pem", import.meta.url));
const windows = process.platform === "win32";
const running = new Set();

function start(file, args, options = {}) {
  // A group of its own, so that what a client started ends with it.
  const child = fork(new URL(file, import.meta.url), args, {
    cwd: here,
    detached: !windows,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    ...options,
  });
  running.add(child);
  child.on("error", () => running.delete(child));
  child.once("exit", () => {
    running.delete(child);
    kill(child);
  });
  return child;
}

function kill(child) {
  try {
    if (windows) child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

process.on("exit", () => {
  for (const child of running) kill(child);
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(130));

/** Starts the server; gives its base URLs, `{ http, https }`. */
export async function startServer() {
  const child = start("server.mjs", []);
  child.stderr.pipe(process.stderr);
  const urls = await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", () => reject(new Error("the server did not start")));
  });
  return { ...urls, close: () => kill(child) };
}

/** A client process, and the adapter in it. */
export class Client {
  #child;
  #stderr = "";
  #settle = null;

  /** What the row is called: the adapter, or a variant of it. */
  name;

  /**
   * @param row what to start: the `name` of the row, its `adapter`, and the `lib` to load where that is the library
   * @param baseUrl the server's
   */
  constructor(row, baseUrl) {
    this.name = row.name;
    const env = { ...process.env, BENCH_LIB: row.lib, NODE_EXTRA_CA_CERTS: certificate };
    // sync-rpc takes `nc` where it finds it. Nobody has it here, so that all who use sync-rpc do the same.
    for (const name of Object.keys(env)) if (name.toUpperCase() === "PATH") env[name] = here;
    this.#child = start("client.mjs", [row.adapter, baseUrl], { env, execArgv: ["--expose-gc"] });
    this.#child.stderr.on("data", (text) => {
      this.#stderr = (this.#stderr + text).slice(-2_000);
    });
    this.#child.on("message", (message) => this.#settle?.(message));
    this.#child.on("exit", () => this.#settle?.({ error: `ended. ${this.#stderr}` }));
  }

  /** Asks a question and gives its figures. Rejects with what went wrong, also when there is no answer in time. */
  async ask(question, details = {}, limitMs = 60_000) {
    let timer;
    const message = await new Promise((resolve) => {
      this.#settle = resolve;
      timer = setTimeout(() => {
        resolve({ error: `no answer to "${question}" within ${limitMs / 1_000} s` });
        kill(this.#child);
      }, limitMs);
      if (this.#child.connected) this.#child.send({ question, ...details }, () => undefined);
      else resolve({ error: `ended. ${this.#stderr}` });
    });
    clearTimeout(timer);
    this.#settle = null;
    if (message.error) throw new Error(`${this.name}: ${message.error}`);
    return message.figures;
  }

  /** Lets the process end by itself: the milliseconds it takes, and whether it has to be killed. */
  async end(limitMs = 5_000) {
    const start = performance.now();
    let stuck = 0;
    await new Promise((resolve) => {
      const timer = setTimeout(() => {
        stuck = 1;
        kill(this.#child);
      }, limitMs);
      this.#child.once("exit", () => {
        clearTimeout(timer);
        resolve();
      });
      this.#child.send({ question: "end" }, () => undefined);
    });
    return { exitMs: performance.now() - start, stuck };
  }

  /** Closes the client and its process, by force where it does not answer. */
  async close() {
    if (!running.has(this.#child)) return;
    const ended = new Promise((resolve) => this.#child.once("exit", resolve));
    await this.ask("close", {}, 5_000).catch(() => undefined);
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => kill(this.#child), 2_000);
    await ended;
    clearTimeout(timer);
  }
}
