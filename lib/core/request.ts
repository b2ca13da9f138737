/// <reference types="node" />
import type { Readable } from "node:stream";

/** The HTTP methods that the Service API uses. */
export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What a file part is read from. Only `bytes`, `path`, `blob` and `fd` can be sent twice or cross to a worker. */
export type PartContent =
  | { readonly bytes: Uint8Array }
  | { readonly path: string; readonly size: number }
  | { readonly fd: number }
  | { readonly blob: Blob }
  | { readonly stream: Readable };

/** A part of a multipart body: a field, or a file. */
export type Part =
  | { readonly name: string; readonly value: string }
  | {
      readonly name: string;
      readonly filename: string;
      readonly contentType: string | undefined;
      readonly content: PartContent;
    };

/** What the answer may be: a whole body, a stream of events, or whichever the server sends. */
export type AnswerKind = "body" | "stream" | "either";

/** The limits of a call, all of them decided. Times are milliseconds, `Infinity` is no limit. */
export interface Limits {
  /** The longest time without a byte. */
  readonly timeout: number;
  /** The longest time to make a connection. */
  readonly connectTimeout: number;
  /** The longest time over all attempts. */
  readonly deadline: number;
  readonly maxRetries: number;
  readonly retryDelay: number;
  readonly maxRetryAfter: number;
  readonly retryUnsafe: boolean;
}

/**
 * A request as plain data: what an endpoint makes of its arguments, and all that a transport needs to know. Whoever
 * makes one names every field, so that all have the same shape.
 */
export interface RequestDescription {
  /** The method that was called, for instance `"createChatMessage"`. */
  readonly operation: string;
  readonly method: HttpMethod;
  /** Below the base URL, encoded, with its query. */
  readonly path: string;
  /** The body as JSON text. */
  readonly json: string | undefined;
  /** The body as parts of a form. */
  readonly parts: readonly Part[] | undefined;
  readonly answer: AnswerKind;
  readonly limits: Limits;
  /** Headers of this call only. */
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly raiseErrors: boolean;
  /** The bodies hold credentials: they are not logged. */
  readonly secret: boolean;
  readonly signal: CancelSignal | undefined;
}

/** What a transport needs of an `AbortSignal`. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What a client tells its transport once. */
export interface Connection {
  /** Scheme, host and port: the only place the key is ever sent to. */
  readonly origin: string;
  /** The path of the base URL, without a slash at the end. */
  readonly basePath: string;
  /** The headers of every request, the key among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: ProxySettings | null;
  readonly connectTimeout: number;
  /** Whether log records are wanted. */
  readonly logging: boolean;
}

/** Through which proxies to go, as the environment variables of these names say. */
export interface ProxySettings {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

/** An answer as a transport brings it. */
export interface RawAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly url: string;
  readonly content: Buffer;
  readonly retryAfter: number | null;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One thing that happened, before a logger gets it. */
export interface LogRecord {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
