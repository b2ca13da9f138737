import { spawnSync } from "node:child_process";
import path from "node:path";
import { BridgeError } from "../../lib/errors";
import type { Link } from "./link";
import type { FromHost, ToHost } from "./protocol";
import { parseText, toText } from "./text-codec";

/** What sync-rpc exports: a function that starts a module in a child, and its list of transports. */
interface SyncRpc {
  (file: string, argument: null): (message: string) => string;
  FUNCTION_PRIORITY: Transport[];
}
type Transport = (port: number, input: string) => { stdout: Buffer; status?: number | null; error?: Error };

/** What a round trip gives back. */
interface Reply {
  readonly messages: string;
  readonly activity: number;
}

// How long the child keeps a round trip open when nothing comes, and how long one may take at the very most.
const HOLD = 20_000;
const ROUND_TRIP_LIMIT = HOLD + 10_000;

/**
 * A link to a child process, by sync-rpc: each `wait` is one round trip that hands over what was posted and comes
 * back with all that has arrived.
 */
export class ProcessLink implements Link {
  readonly abilities = { blobs: false, descriptors: false };
  readonly ready = true;
  dead = false;
  activity = 0;
  readonly #call: (message: string) => string;
  #outbox: ToHost[] = [];

  constructor() {
    this.#call = start();
  }

  post(message: ToHost): void {
    this.#outbox.push(message);
  }

  wait(milliseconds: number): readonly FromHost[] {
    return this.#exchange(milliseconds);
  }

  flush(): void {
    if (this.#outbox.length === 0) return;
    try {
      // Nobody waits for messages now; those that come belong to what was dropped.
      this.#exchange(0);
    } catch {
      // The host is gone, and with it what was to be dropped.
    }
  }

  end(): void {
    this.dead = true;
  }

  #exchange(milliseconds: number): readonly FromHost[] {
    const outbox = this.#outbox;
    this.#outbox = [];
    try {
      const hold = Math.min(milliseconds, HOLD);
      const reply = JSON.parse(this.#call(JSON.stringify({ hold, messages: toText(outbox) }))) as Reply;
      this.activity = reply.activity;
      return parseText(reply.messages) as FromHost[];
    } catch (cause) {
      this.dead = true;
      throw new BridgeError("the bridge's child process does not answer", { cause: withoutInput(cause) });
    }
  }
}

/** Starts a child. sync-rpc keeps one for its module; a fresh copy of the module starts a fresh child. */
function start(): (message: string) => string {
  let failure: unknown;
  // Its search for a free port can lose a race against another program: then the second try finds another port.
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const name = require.resolve("sync-rpc");
      delete require.cache[name];
      const rpc = require(name) as SyncRpc;
      // Before its own: those have no time-out, and one puts short messages, and so the API key, into arguments.
      rpc.FUNCTION_PRIORITY.unshift(throughNetcat, throughNode);
      return rpc(childFile(), null);
    } catch (cause) {
      if ((cause as { code?: unknown } | null)?.code === "ERR_ACCESS_DENIED") throw denied(cause);
      failure = cause;
    }
  }
  throw new BridgeError("the child process of the blocking clients could not be started", {
    cause: withoutInput(failure),
  });
}

/** Where netcat is installed it starts twenty times faster than Node. The message goes through stdin. */
function throughNetcat(port: number, input: string) {
  return spawnSync("nc", ["127.0.0.1", String(port)], { ...options, input });
}

function throughNode(port: number, input: string) {
  return spawnSync(process.execPath, [path.join(builtFolder(), "pipe.js"), String(port)], {
    ...options,
    input,
  });
}

const options = {
  windowsHide: true,
  maxBuffer: Number.POSITIVE_INFINITY,
  timeout: ROUND_TRIP_LIMIT,
  killSignal: "SIGKILL",
  env: {},
} as const;

function childFile(): string {
  return path.join(builtFolder(), "process-child.js");
}

function builtFolder(): string {
  // From the sources, as in jest, the built files are used.
  return __filename.endsWith(".ts")
    ? path.join(__dirname, "..", "..", "dist", "lib-sync", "bridge")
    : __dirname;
}

function denied(cause: unknown): BridgeError {
  return new BridgeError(
    "Node's permission model denies the child process of the blocking clients: allow it with --allow-child-process, or use the worker bridge (the default) and allow --allow-worker",
    { cause },
  );
}

/** sync-rpc's errors can hold what was written to a child; only their kind is kept. */
function withoutInput(cause: unknown): unknown {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as { code?: unknown };
  return Object.assign(
    new Error(code ? `sync-rpc: ${code}` : "sync-rpc: the round trip failed"),
    code ? { code } : {},
  );
}
