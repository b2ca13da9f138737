import type { Dispatcher } from "undici";
import type { Mode } from "./mode";
import type { LogRecord } from "./request";

/** Where log lines go: `console` fits, and most logging libraries do. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** Takes one log record. */
export type LogSink = (record: LogRecord) => void;

interface CommonClientOptions {
  /** Where Dify is, with its `/v1`. Default: `DIFY_BASE_URL`, then Dify's cloud. */
  baseUrl?: string | undefined;
  /**
   * Milliseconds without a byte after which a call gives up. Default 60,000, and 600,000 for a blocking generation
   * (a model thinking sends nothing). `Infinity` is no limit. Python's `timeout` is in seconds.
   */
  timeout?: number | undefined;
  /** Milliseconds to make a connection. Default 5,000. */
  connectTimeout?: number | undefined;
  /** Milliseconds for a call as a whole, all attempts and a stream's events included. Default: no limit. */
  deadline?: number | undefined;
  /** How often a failed request is sent again, where that is safe. Default 3. */
  maxRetries?: number | undefined;
  /** Milliseconds before the first retry, doubling up to 30,000, of which a random part is waited. Default 1,000. */
  retryDelay?: number | undefined;
  /** The longest `Retry-After`, in milliseconds, that is waited for. Default 60,000. */
  maxRetryAfter?: number | undefined;
  /** Retries a POST after a network failure too, as Python does; the server may then do it twice. Default false. */
  retryUnsafe?: boolean | undefined;
  /** Writes log lines to `console`. Default false. */
  enableLogging?: boolean | undefined;
  /** Gets the log lines instead of `console`. */
  logger?: Logger | undefined;
  /** Headers for every request. */
  headers?: Record<string, string> | undefined;
  /** URL of a proxy. Default: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; `null` uses none. */
  proxy?: string | null | undefined;
  /** Whether a failing status raises. Default true; with false, look at `statusCode` or call `raiseForStatus()`. */
  raiseErrors?: boolean | undefined;
}

/** What only the async family has. */
export interface AsyncOnlyOptions {
  /** A dispatcher of undici's to send with, instead of a pool of the client's own. It is not closed with the client. */
  dispatcher?: Dispatcher | undefined;
}

/** What only the blocking family has. */
export interface SyncOnlyOptions {
  /** What carries the calls: a worker thread (default), or a child process (where worker threads are denied). */
  bridge?: "worker" | "process" | undefined;
}

/** The options of a client of the family `M`. */
export type ClientOptions<M extends Mode> = CommonClientOptions &
  (M extends "sync" ? SyncOnlyOptions & { dispatcher?: never } : AsyncOnlyOptions & { bridge?: never });

/** The options of a knowledge base client: those of a client, and the knowledge base. */
export type KnowledgeBaseOptions<M extends Mode> = ClientOptions<M> & {
  /** The id of the knowledge base that the methods work on. */
  datasetId?: string | null | undefined;
};

interface CommonRequestOptions {
  /** Milliseconds without a byte after which the call gives up. */
  timeout?: number | undefined;
  /** Milliseconds for the call as a whole. */
  deadline?: number | undefined;
  /** How often the request is sent again, where that is safe. */
  maxRetries?: number | undefined;
  /** Headers for this call. */
  headers?: Record<string, string> | undefined;
  /** Whether a failing status raises. */
  raiseErrors?: boolean | undefined;
  /** Fields for the JSON body or the form, beyond the arguments: for what a newer server takes. */
  extraBody?: Record<string, unknown> | undefined;
  /** Fields for the query, beyond the arguments. */
  extraQuery?: Record<string, unknown> | undefined;
}

/** The options of one call in the family `M`. */
export type RequestOptions<M extends Mode> = CommonRequestOptions &
  (M extends "sync"
    ? { signal?: never }
    : { /** Aborts the call; it rejects with `signal.reason`. */ signal?: AbortSignal | undefined });

/** The names of the options that clients of both families have. */
export const CLIENT_OPTIONS = [
  "baseUrl",
  "timeout",
  "connectTimeout",
  "deadline",
  "maxRetries",
  "retryDelay",
  "maxRetryAfter",
  "retryUnsafe",
  "enableLogging",
  "logger",
  "headers",
  "proxy",
  "raiseErrors",
] as const;

/** The option that only one family has. */
export const FAMILY_OPTION = { async: "dispatcher", sync: "bridge" } as const;

/** The names of the per-call options. */
export const CALL_OPTIONS: readonly string[] = [
  "timeout",
  "deadline",
  "maxRetries",
  "headers",
  "raiseErrors",
  "extraBody",
  "extraQuery",
  "signal",
];
