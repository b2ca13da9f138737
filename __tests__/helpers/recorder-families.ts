import * as path from "node:path";

/** A way to call the library: its families, and the bridges of the blocking one. */
export type FamilyName = "async" | "sync" | "process";

// biome-ignore lint/suspicious/noExplicitAny: the tests call methods by their names in tables
export type AnyClient = any;

export interface FamilyUnderTest {
  readonly name: FamilyName;
  /** What its entry exports. */
  // biome-ignore lint/suspicious/noExplicitAny: the tests look exports up by their names in tables
  readonly exports: Record<string, any>;
  /** Makes a client of the class with Python's name of the blocking one. */
  client(pythonClass: string, apiKey: unknown, ...rest: unknown[]): AnyClient;
  /** Calls a method; raises what it throws or rejects with, and complains where it does what is the other's way. */
  call(client: AnyClient, method: string, ...args: unknown[]): Promise<unknown>;
  close(client: AnyClient): Promise<void>;
}

// The built package: a worker cannot load TypeScript.
const dist = path.join(__dirname, "..", "..", "dist");

function family(name: FamilyName, entry: string): FamilyUnderTest {
  const isAsync = name === "async";
  const exports = require(path.join(dist, entry));
  return {
    name,
    exports,
    client(pythonClass, apiKey, ...rest) {
      const Class = exports[isAsync ? `Async${pythonClass}` : pythonClass];
      if (name !== "process") return new Class(apiKey, ...rest);
      const last = rest.at(-1);
      const isOptions = typeof last === "object" && last !== null && !Array.isArray(last);
      return new Class(apiKey, ...(isOptions ? [...rest.slice(0, -1), { bridge: name, ...last }] : rest));
    },
    async call(client, method, ...args) {
      if (!isAsync) {
        const value: unknown = client[method](...args);
        if (typeof (value as Promise<unknown> | null)?.then === "function")
          throw new Error(`${method} of a blocking client gave a promise`);
        return value;
      }
      let promise: unknown;
      try {
        promise = client[method](...args);
      } catch (cause) {
        throw new Error(`${method} of an async client threw instead of rejecting`, { cause });
      }
      if (!(promise instanceof Promise)) throw new Error(`${method} of an async client gave no promise`);
      return promise;
    },
    async close(client) {
      if (isAsync) await client.aclose();
      else client.close();
    },
  };
}

export const asyncFamily = (): FamilyUnderTest => family("async", "lib/index.js");
export const syncFamily = (): FamilyUnderTest => family("sync", "lib-sync/index.js");
export const processFamily = (): FamilyUnderTest => family("process", "lib-sync/index.js");

/** Both families; the blocking one over its worker. */
export const FAMILIES: [FamilyName, () => FamilyUnderTest][] = [
  ["async", asyncFamily],
  ["sync", syncFamily],
];
