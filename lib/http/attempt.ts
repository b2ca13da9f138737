import { setImmediate } from "node:timers";
import type { Dispatcher } from "undici";
import type { Connection, RawAnswer, RequestDescription } from "../core/request";
import { type DifyClientError, StreamError } from "../errors";
import { ByteQueue } from "../stream/byte-queue";
import { expiryFailure, networkFailure, type Phase, unreadableFailure } from "./failures";
import { encodeForm } from "./multipart";
import { parseRetryAfter } from "./retry";
import type { Listed, Roster } from "./roster";
import { type Expiry, Watch, type Watched } from "./watch";

/** A stream of events whose head has come; its body comes through `bytes`. */
export interface RawStream {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly url: string;
  readonly bytes: ByteQueue;
}

/** An attempt that brought no answer. */
export class AttemptFailure {
  constructor(
    /** Makes the error: called where the caller's frames are still on the stack, which a socket's event has not. */
    readonly toError: () => DifyClientError,
    readonly phase: Phase,
    /** No further attempt makes sense: the deadline passed. */
    readonly final: boolean,
  ) {}
}

/** What an attempt is given beside the request. */
export interface AttemptContext {
  readonly connection: Connection;
  readonly dispatcher: Dispatcher;
  /** The dispatcher is the client's own: it queues nothing, so the time to connect is ours to measure. */
  readonly ownDispatcher: boolean;
  /** On the clock of `performance.now()`. */
  readonly now: number;
  /** On the same clock; `Infinity` for none. */
  readonly deadlineAt: number;
  readonly onActivity: (() => void) | undefined;
  /** What is under way, so that closing the client ends it, whoever's the dispatcher is. */
  readonly open: Roster<Open>;
}

/** An attempt under way, or the stream that came of it. */
export interface Open extends Listed {
  /** Ends it with an error, and drops its connection. */
  drop(error: DifyClientError): void;
}

const ERROR_BODY_LIMIT = 1024 * 1024;

/** Sends a request once. Rejects with an {@link AttemptFailure}, or with the reason of its signal. */
export function attempt(
  request: RequestDescription,
  context: AttemptContext,
): Promise<RawAnswer | RawStream> {
  return new Promise((resolve, reject) => {
    new Attempt(request, context, resolve, reject).start();
  });
}

class Attempt implements Dispatcher.DispatchHandler, Open, Watched {
  readonly #request: RequestDescription;
  readonly #context: AttemptContext;
  readonly #resolve: (answer: RawAnswer | RawStream) => void;
  readonly #reject: (failure: unknown) => void;
  readonly #watch: Watch;
  place = -1;
  #controller: Dispatcher.DispatchController | null = null;
  #phase: Phase = "connect";
  #settled = false;
  #statusCode = 0;
  #headers: Record<string, string> = {};
  #retryAfter: number | null = null;
  #chunks: Buffer[] = [];
  #size = 0;
  #bytes: ByteQueue | null = null;
  /** What came out of a file instead of its bytes. */
  #unreadable: unknown;

  constructor(
    request: RequestDescription,
    context: AttemptContext,
    resolve: (answer: RawAnswer | RawStream) => void,
    reject: (failure: unknown) => void,
  ) {
    this.#request = request;
    this.#context = context;
    this.#resolve = resolve;
    this.#reject = reject;
    const { timeout, connectTimeout, deadline } = request.limits;
    // A dispatcher from outside may queue: how long a connection takes is not to be seen there.
    const [limit, name] = context.ownDispatcher
      ? ([connectTimeout, "connectTimeout"] as const)
      : ([timeout, "timeout"] as const);
    this.#watch = new Watch(limit, name, deadline, context.deadlineAt, context.now, this);
  }

  start(): void {
    const { connection, dispatcher } = this.#context;
    const { signal, method, path, json, parts } = this.#request;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    this.#context.open.add(this);
    let headers = this.#request.headers
      ? { ...connection.headers, ...this.#request.headers }
      : connection.headers;
    let body: Dispatcher.DispatchOptions["body"] = json ?? null;
    try {
      if (parts) {
        const form = encodeForm(parts, this.#context.ownDispatcher, () => this.#alive());
        headers = { ...headers, ...form.headers };
        body = form.body;
        form.body.once("error", (error) => {
          this.#unreadable = error;
        });
      }
      dispatcher.dispatch(
        { origin: connection.origin, path: connection.basePath + path, method, headers, body },
        this,
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) {
      // Given up while the connection was being made: nothing has been sent, and nothing will be.
      controller.abort(new Error("given up"));
      return;
    }
    this.#phase = "sent";
    this.#context.onActivity?.();
    this.#watch.limit(this.#request.limits.timeout, "timeout");
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#alive();
    if (statusCode < 200) return;
    this.#statusCode = statusCode;
    this.#retryAfter = parseRetryAfter(headers["retry-after"], Date.now());
    this.#headers = plainHeaders(headers);
    if (this.#isStream()) this.#beginStream(controller);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#alive();
    if (this.#bytes) {
      this.#bytes.push(chunk);
      return;
    }
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    // Where a stream was asked, any other body is a failure too.
    const failing = this.#statusCode >= 300 || this.#request.answer === "stream";
    if (failing && this.#size > ERROR_BODY_LIMIT) {
      this.#complete();
      controller.abort(new Error("enough of the error's body has been read"));
    }
  }

  onResponseEnd(): void {
    this.#done();
    if (this.#bytes) this.#bytes.end();
    else if (this.#context.open.size === 0) this.#complete();
    // The pool takes the connection up again at the end of this turn. Of many calls under way, each that follows on an
    // answer at once would make one more connection, and twice as many cost more than the wait.
    else setImmediate(() => this.#complete());
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  drop(error: DifyClientError): void {
    const toError = () => error;
    this.#giveUp(new AttemptFailure(toError, this.#phase, true), toError);
  }

  #alive(): void {
    this.#watch.touch();
    this.#context.onActivity?.();
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#request.signal?.reason;
    this.#giveUp(reason, () => reason);
  };

  #isStream(): boolean {
    if (this.#request.answer === "body" || this.#statusCode >= 300) return false;
    return /^text\/event-stream\b/i.test(this.#headers["content-type"] ?? "");
  }

  #beginStream(controller: Dispatcher.DispatchController): void {
    const bytes = new ByteQueue({
      pause: () => {
        this.#watch.hold(true);
        controller.pause();
      },
      resume: () => {
        this.#watch.hold(false);
        controller.resume();
      },
      abort: () => {
        this.#done();
        controller.abort(new Error("the stream was closed"));
      },
    });
    this.#bytes = bytes;
    this.#settled = true;
    this.#resolve({ statusCode: this.#statusCode, headers: this.#headers, url: this.#url(), bytes });
  }

  #complete(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#done();
    const chunks = this.#chunks;
    const content = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, this.#size);
    this.#chunks = [];
    this.#resolve({
      statusCode: this.#statusCode,
      headers: this.#headers,
      url: this.#url(),
      content,
      retryAfter: this.#retryAfter,
    });
  }

  #fail(error: unknown): void {
    const { operation } = this.#request;
    const phase = this.#phase;
    const where = this.#context.connection.origin;
    this.#end(
      new AttemptFailure(
        () =>
          error === this.#unreadable
            ? unreadableFailure(error, operation)
            : networkFailure(error, phase, operation, where),
        phase,
        false,
      ),
      () =>
        new StreamError(`${operation}: the connection to ${where} broke within the stream`, {
          operation,
          cause: error,
        }),
    );
  }

  expired(expiry: Expiry): void {
    const toError = () => expiryFailure(expiry, this.#request.operation, this.#context.connection.origin);
    this.#giveUp(new AttemptFailure(toError, this.#phase, expiry.limit === "deadline"), toError);
  }

  /** Ends the attempt from this side. */
  #giveUp(failure: unknown, inStream: () => unknown): void {
    this.#end(failure, inStream);
    this.#controller?.abort(new Error("given up"));
  }

  #end(failure: unknown, inStream: () => unknown): void {
    this.#done();
    if (this.#bytes) {
      this.#bytes.end(inStream() as Error);
      return;
    }
    if (this.#settled) return;
    this.#settled = true;
    this.#chunks = [];
    this.#reject(failure);
  }

  #done(): void {
    this.#watch.stop();
    this.#context.open.delete(this);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
  }

  #url(): string {
    const { origin, basePath } = this.#context.connection;
    return origin + basePath + this.#request.path;
  }
}

function plainHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  for (const name in headers) {
    const value = headers[name];
    if (typeof value !== "string") headers[name] = value?.join(", ") ?? "";
  }
  return headers as Record<string, string>;
}
