import { inspect } from "node:util";
import { APIError, errorFromResponse } from "../errors";
import type { Redact } from "./redaction";

/** What an answer is made of. */
interface ResponseParts {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly content: Buffer;
  readonly url: string;
  /** What the server asked to wait, in milliseconds. */
  readonly retryAfter?: number | null;
}

/** What an error has to know of the call. */
interface ResponseContext {
  /** The method that was called. */
  readonly operation?: string;
  /** The request carried a file. */
  readonly upload?: boolean;
  /** For what is shown of the answer. */
  readonly redact?: Redact;
}

/**
 * A whole answer, its body already read; the same class in both families. The names are httpx's.
 *
 * `T` is the shape of `json()`.
 */
export class DifyResponse<T = unknown> {
  /** HTTP status, for instance 200. */
  readonly statusCode: number;
  /** The body's bytes. */
  readonly content: Buffer;
  /** The URL that was asked. It never carries the key. */
  readonly url: string;
  #text: string | undefined;
  readonly #parts: ResponseParts;
  readonly #context: ResponseContext;

  /** @internal */
  constructor(parts: ResponseParts, context: ResponseContext = {}) {
    this.statusCode = parts.statusCode;
    this.content = parts.content;
    this.url = parts.url;
    this.#parts = parts;
    this.#context = context;
  }

  /** The headers, names in lower case; a repeated header is joined with `", "`. */
  get headers(): Record<string, string> {
    return this.#parts.headers;
  }

  /** The body as text (UTF-8). */
  get text(): string {
    if (this.#text === undefined) {
      const text = this.content.toString("utf8");
      this.#text = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    }
    return this.#text;
  }

  /** True for a status from 200 to 299. */
  get isSuccess(): boolean {
    return this.statusCode >= 200 && this.statusCode < 300;
  }

  /** `X-Trace-Id`, where the server sends one. */
  get requestId(): string | undefined {
    return this.headers["x-trace-id"];
  }

  /**
   * The body's JSON value, parsed anew at each call; `null` where the body is empty (a 204). Not a promise: the
   * body is already here. Raises {@link APIError} where the body is not JSON.
   */
  json(): T {
    // The text of a large answer is not kept beside its bytes for the sake of a second call.
    const text = this.#text ?? this.content.toString("utf8");
    if (text === "") return null as T;
    try {
      return JSON.parse(text) as T;
    } catch (cause) {
      if (text.charCodeAt(0) === 0xfeff && this.#text === undefined && this.text !== "") return this.json();
      const start = text.trimStart().slice(0, 200);
      if (start === "") return null as T;
      const { redact = String, operation } = this.#context;
      throw new APIError(`the answer is not JSON: ${JSON.stringify(redact(start))}`, {
        statusCode: this.statusCode,
        response: this,
        requestId: this.requestId,
        operation,
        // The parser's message shows a piece of the text, of which nothing could be taken out.
        cause: redact(text) === text ? cause : undefined,
      });
    }
  }

  /** Raises the typed error of a failing status (also of a redirect); else returns the answer itself. */
  raiseForStatus(): this {
    if (this.statusCode >= 300)
      throw errorFromResponse(this, { ...this.#context, retryAfter: this.#parts.retryAfter });
    return this;
  }

  /** The body line by line, as httpx's `iter_lines()`; a final line feed makes no empty line. */
  *iterLines(_options?: { decodeUnicode?: boolean }): Generator<string, void, undefined> {
    const lines = this.text.split(/\r\n|\n|\r/);
    if (lines.at(-1) === "") lines.pop();
    yield* lines;
  }

  [inspect.custom](): string {
    return `DifyResponse { statusCode: ${this.statusCode}, url: ${inspect(this.url)}, content: <${this.content.length} bytes> }`;
  }
}
