import type { MessagePort } from "node:worker_threads";
import type { FakeDifyKeys, FakeDifyOptions } from "./options";

/** What the worker is started with. */
export interface ServerStart {
  options: Required<Omit<FakeDifyOptions, "keys">>;
  keys: FakeDifyKeys;
  /** For the worker's messages and, the other way, the one that ends it. */
  port: MessagePort;
  /** A counter that grows with every message of the worker's. */
  doorbell: SharedArrayBuffer;
}

/** What the worker says: where it listens, why it does not, or that it has ended. */
export type ServerMessage = { port: number; datasetId: string } | { failed: string } | { closed: true };

/** The doorbell's only place. */
export const DOORBELL = 0;
