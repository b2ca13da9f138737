import type { Mode } from "./mode";

/** What both kinds of event stream have in common. */
interface StreamHead {
  /** HTTP status, 200 unless `raiseErrors` is false. */
  readonly statusCode: number;
  /** The headers, names in lower case. */
  readonly headers: Record<string, string>;
  /** The URL that was asked. */
  readonly url: string;
  /** `X-Trace-Id`, where the server sends one. */
  readonly requestId: string | undefined;
  /** The body of an answer with a failing status (with `raiseErrors: false`); else `undefined`. */
  readonly body: string | undefined;
  /** Raises the typed error of a failing status; else returns the stream itself. */
  raiseForStatus(): this;
  /** Drops the connection. The run on the server is not stopped by that. May be called twice. */
  close(): void;
}

/** How lines are wanted. Text is always decoded; the option is there because Python's README passes it. */
export interface IterLinesOptions {
  decodeUnicode?: boolean;
}

/**
 * Events as they arrive, for the blocking family: `for (const event of stream)`. It is iterated once. Leaving
 * the loop, by any way, closes the request.
 */
export interface EventStream<E> extends StreamHead, Iterable<E>, Disposable {
  /** Every line as sent, `event: ping` and empty lines included; Python's `iter_lines()`. */
  iterLines(options?: IterLinesOptions): IterableIterator<string>;
  /** The whole text of the answer, put together from its deltas; returns at the closing event. */
  text(): string;
}

/**
 * Events as they arrive: `for await (const event of stream)`. It is iterated once. Leaving the loop, by any way,
 * closes the request.
 */
export interface AsyncEventStream<E> extends StreamHead, AsyncIterable<E>, AsyncDisposable {
  /** Every line as sent, `event: ping` and empty lines included; Python's `aiter_lines()`. */
  aiterLines(options?: IterLinesOptions): AsyncIterableIterator<string>;
  /** The whole text of the answer, put together from its deltas; resolves at the closing event. */
  text(): Promise<string>;
  /** As `close()`, for Python's habit. */
  aclose(): Promise<void>;
}

/** The event stream of the family `M`. */
export type StreamOf<M extends Mode, E> = M extends "sync" ? EventStream<E> : AsyncEventStream<E>;
