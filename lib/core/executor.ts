import type { Mode, Reply } from "./mode";
import type { LogSink } from "./options";
import type { Connection, RequestDescription } from "./request";

/** How a family carries out what an endpoint describes. */
export interface Executor<M extends Mode> {
  /**
   * Calls `prepare` and carries out what it describes. A bad argument, raised by `prepare`, rejects in the async
   * family and throws in the sync one. Gives a `DifyResponse` or the family's event stream.
   */
  send(prepare: () => RequestDescription): Reply<M, unknown>;
  /** Drops the connections. A second call does nothing. */
  close(): Reply<M, void>;
}

/** A family: its name, and how it makes the executor of a client. */
export interface Family<M extends Mode> {
  readonly mode: M;
  connect(connection: Connection, log: LogSink | null, extras: FamilyExtras<M>): Executor<M>;
}

/** The one option that only this family has. */
export type FamilyExtras<M extends Mode> = M extends "sync"
  ? { bridge: "worker" | "process" }
  : { dispatcher: import("undici").Dispatcher | undefined };
