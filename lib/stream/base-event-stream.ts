import { inspect } from "node:util";
import type { Redact } from "../core/redaction";
import type { RequestDescription } from "../core/request";
import { DifyResponse } from "../core/response";
import { DifyClientError } from "../errors";
import { EventReader } from "./event-reader";

/** The head of a stream's answer. */
export interface StreamAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly url: string;
}

/** What both families' streams have in common: the head of the answer, and that it is read once. */
export abstract class BaseEventStream<E> {
  /** HTTP status, 200 unless `raiseErrors` is false. */
  readonly statusCode: number;
  /** The headers, names in lower case. */
  readonly headers: Record<string, string>;
  /** The URL that was asked. */
  readonly url: string;
  readonly #operation: string;
  readonly #redact: Redact;
  readonly #failed: DifyResponse<unknown> | null;
  #read = false;

  /** From a stream that has begun, or from an answer with a failing status (under `raiseErrors: false`). @internal */
  protected constructor(
    request: RequestDescription,
    answer: StreamAnswer | DifyResponse<unknown>,
    redact: Redact,
  ) {
    this.statusCode = answer.statusCode;
    this.headers = answer.headers;
    this.url = answer.url;
    this.#operation = request.operation;
    this.#redact = redact;
    this.#failed = answer instanceof DifyResponse ? answer : null;
  }

  /** `X-Trace-Id`, where the server sends one. */
  get requestId(): string | undefined {
    return this.headers["x-trace-id"];
  }

  /** The body of an answer with a failing status (with `raiseErrors: false`); else `undefined`. */
  get body(): string | undefined {
    return this.#failed?.text;
  }

  /** Raises the typed error of a failing status; else returns the stream itself. */
  raiseForStatus(): this {
    this.#failed?.raiseForStatus();
    return this;
  }

  /** Drops the connection. The run on the server is not stopped by that. May be called twice. */
  abstract close(): void;

  /** For whoever begins to read, which is possible once. @internal */
  protected beginReading(): EventReader<E> {
    const operation = this.#operation;
    if (this.#read) {
      throw new DifyClientError(`${operation}: this stream has been iterated already; it can be read once`, {
        operation,
      });
    }
    this.#read = true;
    return new EventReader<E>(operation, this.#redact);
  }

  [inspect.custom](): string {
    return `${this.constructor.name} { statusCode: ${this.statusCode}, url: ${inspect(this.url)} }`;
  }
}
