import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import path from "node:path";
import { compileFunction } from "node:vm";
import { BridgeError } from "../../lib/errors";
import { builtFolder } from "./built-folder";
import { flagsOfProcess, variablesOfProcess } from "./node-flags";
import { LAST, MORE } from "./parcel";
import { SECRET_SIZE, seal, unseal } from "./seal";

/** A child process of sync-rpc's. */
export interface RpcChild {
  /** One round trip, over which the child may take so many milliseconds. */
  call(content: Uint8Array, milliseconds: number): Buffer;
  /** Ends the child. May be called twice. */
  end(): void;
}

/** What sync-rpc exports: a function that starts a module in a child, and its list of transports. */
interface SyncRpc {
  (file: string, argument: null): (text: string) => string;
  FUNCTION_PRIORITY: Transport[];
}
type Transport = (port: number, input: string) => { stdout: Buffer };

const START_LIMIT = 10_000;
// How much longer than the child may take a round trip lasts at most: in all, and for each byte that is sent.
const GRACE = 10_000;
const GRACE_PER_BYTE = 1 / 2_000;

// sync-rpc searches all that has come for its end whenever more comes: long texts go in pieces.
const PIECE = 2 * 1024 * 1024;

/** Starts a child. Raises a {@link BridgeError} where that is not possible. */
export function startChild(): RpcChild {
  const folder = builtFolder();
  let failure: unknown;
  // Its search for a free port can lose a race against another program: then another try finds another port.
  for (let attempt = 0; attempt < 4; attempt++) {
    const child = new Rpc(folder);
    try {
      child.start();
      return child;
    } catch (cause) {
      child.end();
      if ((cause as { code?: unknown } | null)?.code === "ERR_ACCESS_DENIED") throw denied(cause);
      if (isOffline()) throw offline();
      failure = cause;
    }
  }
  throw new BridgeError("the child process of the blocking clients could not be started", {
    cause: withoutInput(failure),
  });
}

class Rpc implements RpcChild {
  #child: ChildProcess | undefined;
  #onExit: (() => void) | undefined;
  #send: ((text: string) => string) | undefined;
  #limit = 0;
  readonly #secret = randomBytes(SECRET_SIZE);
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  start(): void {
    const rpc = this.#freshCopy();
    // Before its own: those have no time-out, and one puts short messages, and so the API key, into arguments.
    rpc.FUNCTION_PRIORITY.unshift(
      // Where netcat is installed it starts many times faster than Node. The message goes through stdin.
      (port, input) => this.#transport("nc", ["127.0.0.1", String(port)], input),
      (port, input) =>
        this.#transport(process.execPath, [path.join(this.#folder, "pipe.js"), String(port)], input),
    );
    this.#limit = START_LIMIT;
    this.#send = rpc(path.join(this.#folder, "process-child.js"), null);
  }

  call(content: Uint8Array, milliseconds: number): Buffer {
    const text = seal(this.#secret, "to the child", content);
    this.#limit = Math.ceil(milliseconds + GRACE + text.length * GRACE_PER_BYTE);
    const send = this.#send as (text: string) => string;
    let at = 0;
    for (; text.length - at > PIECE; at += PIECE) send(MORE + text.slice(at, at + PIECE));
    return unseal(this.#secret, "to the parent", send(LAST + text.slice(at)));
  }

  end(): void {
    if (this.#onExit) process.removeListener("exit", this.#onExit);
    // It may be stopped, and then would not heed anything less.
    this.#child?.kill("SIGKILL");
    this.#onExit = this.#child = undefined;
  }

  #transport(command: string, args: string[], input: string) {
    return spawnSync(command, args, {
      windowsHide: true,
      maxBuffer: Number.POSITIVE_INFINITY,
      timeout: this.#limit,
      killSignal: "SIGKILL",
      env: {},
      // Out of reach of a Ctrl-C that the caller handles when the call has returned.
      detached: process.platform !== "win32",
      input,
    } as Parameters<typeof spawnSync>[2]) as { stdout: Buffer };
  }

  /**
   * sync-rpc keeps one child for good. A copy of its own for each child, which is given what it starts processes
   * with: so the child can be replaced, and does not outlive a parent that was killed.
   */
  #freshCopy(): SyncRpc {
    const file = require.resolve("sync-rpc");
    const load = createRequire(file);
    const processes = {
      spawn: (command: string, args: string[]) => {
        const key = args.pop() as string;
        const child = spawn(
          command,
          [
            ...flagsOfProcess(),
            "--require",
            path.join(this.#folder, "parent-watch.js"),
            ...args,
            String(process.pid),
          ],
          {
            env: variablesOfProcess(),
            // The caller's stdin and stdout are its business alone.
            stdio: ["pipe", "ignore", "inherit"],
            windowsHide: true,
          },
        );
        this.#child = child;
        // The round trips tell that it is not there; an event that nobody hears would end the caller.
        child.on("error", () => {});
        const stdin = child.stdin as Socket;
        stdin.on("error", () => {});
        stdin.unref();
        // sync-rpc's key runs code in the child for whoever has it, and every user can read the arguments of a process.
        stdin.write(`${key} ${this.#secret.toString("hex")}\n`);
        return child;
      },
      spawnSync: (command: string, args: string[], options: object) => {
        const result = spawnSync(command, args, {
          ...options,
          env: variablesOfProcess(),
          timeout: START_LIMIT,
        });
        const said = String(result.stdout ?? "");
        // Its port belongs to another program, which would be asked again and again for ten seconds.
        if (args[0] === "-e" && said !== "" && said !== "pong") throw new Error("the port is taken");
        return result;
      },
    };
    const given = {
      execPath: process.execPath,
      on: (_event: "exit", listener: () => void) => {
        this.#onExit = listener;
        process.on("exit", listener);
      },
    };
    const requires = Object.assign(
      (name: string): unknown => (name === "child_process" ? processes : load(name)),
      { resolve: load.resolve },
    );
    const copy = { exports: {} as SyncRpc };
    const source = readFileSync(file, "utf8");
    compileFunction(source, ["module", "require", "process"], { filename: file })(copy, requires, given);
    return copy.exports;
  }
}

/** Whether a child, which has the permissions of its parent, would have no network. */
function isOffline(): boolean {
  const { permission } = process as { permission?: { has(scope: string): boolean } };
  return (
    Boolean(permission) && process.allowedNodeEnvironmentFlags.has("--allow-net") && !permission?.has("net")
  );
}

function denied(cause: unknown): BridgeError {
  return new BridgeError(
    "Node's permission model denies the child process of the blocking clients: allow it with --allow-child-process, or use the worker bridge (the default) and allow --allow-worker",
    { cause },
  );
}

function offline(): BridgeError {
  return new BridgeError(
    "Node's permission model denies the network to the child process of the blocking clients: allow it with --allow-net",
  );
}

/** sync-rpc's errors can hold what was written to a child; only their kind is kept. */
export function withoutInput(cause: unknown): unknown {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as { code?: unknown };
  return Object.assign(
    new Error(code ? `sync-rpc: ${code}` : "sync-rpc: the round trip failed"),
    code ? { code } : {},
  );
}
