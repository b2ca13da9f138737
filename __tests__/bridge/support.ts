import { type ChildProcess, fork, spawn } from "node:child_process";
import path from "node:path";

const root = path.join(__dirname, "..", "..");
const dist = path.join(root, "dist");

/** The server of the bridge's tests, in a process of its own; what it does is described there. */
export interface BridgeServer {
  readonly origin: string;
  /** The same over TLS, with a certificate that nobody trusts who is not told to. */
  readonly secureOrigin: string;
  /** What happened under a name, in order. */
  report(name: string): Promise<{ log: string[]; written: number; open: number }>;
  /** Resolves once it has happened under that name. */
  until(entry: string, name: string): Promise<void>;
  close(): void;
}

export async function startServer(keepAlive = 60_000): Promise<BridgeServer> {
  const child = fork(path.join(__dirname, "server.cjs"), [String(keepAlive)], { execArgv: [] });
  const [port, securePort] = await new Promise<number[]>((resolve, reject) => {
    child.once("message", (ports) => resolve(ports as number[]));
    child.once("exit", (code) => reject(new Error(`the server ended with code ${code}`)));
  });
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    secureOrigin: `https://127.0.0.1:${securePort}`,
    report: async (name) => (await fetch(`${origin}/report~~${name}/v1`)).json() as never,
    until: async (entry, name) =>
      void (await fetch(`${origin}/await~${encodeURIComponent(entry)}~${name}/v1`)),
    close: () => void child.kill(),
  };
}

/** How a script came to its end, and what it said. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it told by `say`, in order. */
  readonly said: unknown[];
  readonly stdout: string;
  readonly stderr: string;
  /** From start to end. */
  readonly milliseconds: number;
}

export interface ScriptOptions {
  readonly server: BridgeServer;
  /** The library is loaded from its sources, so that what is not exported can be reached. */
  readonly sources?: boolean;
  /** Options of Node itself. */
  readonly flags?: readonly string[];
  readonly node?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The script leads a process group of its own. */
  readonly detached?: boolean;
}

/** A script under way. */
export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
}

// Much longer than anything takes that works: reached only by what hangs.
const LIMIT = 50_000;
export const KEY = "app-0123456789-the-secret-key";

/**
 * What every script begins with: the package as `dify`, a client by what the server shall do, `say` for what the test
 * is to learn (written at once, whatever becomes of the script), `attempt` for what may raise.
 */
const prelude = (origin: string, sources: boolean) => `
  const threads = require("node:worker_threads");
  const TYPESCRIPT = ${JSON.stringify(path.join(__dirname, "typescript.cjs"))};
  ${sources ? "require(TYPESCRIPT);" : ""}
  const dify = require(${JSON.stringify(sources ? path.join(root, "index.ts") : path.join(dist, "index.js"))});
  const ORIGIN = ${JSON.stringify(origin)};
  const DIST = ${JSON.stringify(dist)};
  const BRIDGE = ${JSON.stringify(path.join(root, "lib-sync", "bridge"))};
  const url = (what) => ORIGIN + "/" + encodeURIComponent(what) + "/v1";
  const optionsFor = (what, options) => ({ baseUrl: url(what), proxy: null, maxRetries: 0, timeout: 20_000, ...options });
  const client = (what, options) => new dify.ChatClient(${JSON.stringify(KEY)}, optionsFor(what, options));
  const asyncClient = (what, options) => new dify.AsyncChatClient(${JSON.stringify(KEY)}, optionsFor(what, options));
  const say = (value) => {
    // A full pipe refuses for a while.
    for (const text = Buffer.from("\\x01" + JSON.stringify(value) + "\\n"), at = { n: 0 }; at.n < text.length; )
      try { at.n += require("node:fs").writeSync(1, text, at.n); } catch (error) { if (error.code !== "EAGAIN") throw error; }
  };
  const attempt = (act) => { try { return act(); } catch (error) { return error.name + ": " + error.message; } };
  const streaming = { inputs: {}, query: "Hello", user: "me", response_mode: "streaming" };
  const ask = (user = "me") => ({ inputs: {}, query: "Hello", user });
  const ok = (client) => client.getMeta({ user: "me" }).json().result;
`;

/**
 * For a script: runs `code` in every bridge worker before the worker's own file is loaded, which is then that of the
 * sources. There, `when(kind, act)` acts when the worker gets a message of a kind, `sent(kind, act)` when it has sent
 * one. The script finds the workers in `workers`; one that is started after `tamper = false` is the ordinary one.
 */
export const tampered = (code: string, options = "{}") => `
  require(TYPESCRIPT);
  const RealWorker = threads.Worker;
  const workers = [];
  let tamper = true;
  threads.Worker = function (file, options) {
    if (file !== DIST + "/worker.js") return new RealWorker(file, options);
    const code = ${JSON.stringify(code)};
    const prelude = \`
      require(\${JSON.stringify(TYPESCRIPT)});
      const { Channel } = require(\${JSON.stringify(BRIDGE + "/channel.ts")});
      const when = (kind, act) => {
        const receive = Channel.prototype.receive;
        Channel.prototype.receive = function () {
          const message = receive.call(this);
          if (message?.[0] === kind) act(message);
          return message;
        };
      };
      // Once it has sent a message of a kind.
      const sent = (kind, act) => {
        const send = Channel.prototype.send;
        Channel.prototype.send = function (message) {
          if (message[0] === kind) setImmediate(act);
          return send.call(this, message);
        };
      };
      const url = \${JSON.stringify(ORIGIN)};
      const after = (entry, name, act) => require("node:http").get(url + "/await~" + encodeURIComponent(entry) + "~" + name + "/v1", act);
      const outOfMemory = () => { const all = []; for (;;) all.push(new Array(100_000).fill(Math.random())); };
    \`;
    const worker = tamper
      ? new RealWorker(prelude + code + ";require(" + JSON.stringify(BRIDGE + "/worker.ts") + ")", { ...options, eval: true, ...${options} })
      : new RealWorker(file, options);
    workers.push(worker);
    return worker;
  };
`;

/** Starts a script in a process of its own. */
export function start(source: string, options: ScriptOptions): Running {
  const { server, sources = false, flags = [], node = process.execPath, env, detached = false } = options;
  const begun = performance.now();
  const child = spawn(node, [...flags, "-e", prelude(server.origin, sources) + source], {
    env: env ?? process.env,
    detached,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  let exited = 0;
  child.once("exit", () => {
    exited = performance.now();
  });
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const said = texts.stdout
        .split("\n")
        .filter((line) => line.startsWith("\x01"))
        .map((line) => JSON.parse(line.slice(1)) as unknown);
      resolve({ code, signal, said, ...texts, milliseconds: exited - begun });
    });
  });
  return { pid: child.pid as number, child, outcome };
}

/** Runs a script that is to end by itself, with code 0, and gives what it said. */
export async function run(source: string, options: ScriptOptions): Promise<unknown[]> {
  const outcome = await start(source, options).outcome;
  if (outcome.code !== 0) {
    throw new Error(
      `the script ended with ${outcome.code ?? outcome.signal}\n${outcome.stdout}\n${outcome.stderr}`,
    );
  }
  return outcome.said;
}

/** The Node of another major version that `npm run test:matrix` installs, where it is there. */
export function nodeOfVersion(major: number): string {
  return path.join(__dirname, "..", "..", "scripts", "matrix", "node_modules", `node${major}`, "bin", "node");
}
