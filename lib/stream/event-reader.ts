import { StringDecoder } from "node:string_decoder";
import type { Redact } from "../core/redaction";
import { cut, StreamError } from "../errors";
import { LineSplitter } from "./line-splitter";

/** Nothing is there yet: push more bytes. */
export const NEED: unique symbol = Symbol("need");
/** The stream has ended. */
export const DONE: unique symbol = Symbol("done");

const NOT_JSON_SHOWN = 200;

/**
 * Bytes in, lines or events out, in linear time. It knows the rules of server-sent events and of Dify's `error`
 * event, and nothing of sockets or threads: both families' streams drive it.
 */
export class EventReader<E> {
  readonly #decoder = new StringDecoder("utf8");
  readonly #lines = new LineSplitter();
  readonly #operation: string;
  readonly #redact: Redact;
  #data: string | null = null;
  #ended = false;
  #failure: Error | null = null;
  /** What is raised at the next step: the `error` event itself has been given. */
  #after: Error | null = null;
  #started = false;

  constructor(operation: string, redact: Redact = String) {
    this.#operation = operation;
    this.#redact = redact;
  }

  /** Takes bytes, cut anywhere. */
  push(bytes: Buffer): void {
    let text = this.#decoder.write(bytes);
    if (text === "") return;
    if (!this.#started) {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    this.#lines.push(text);
  }

  /** The body ended, cleanly or with an error. */
  end(error: Error | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = error;
    // Of a body that broke off, half a line is no line: whoever parses lines would take it for one.
    if (error) return;
    const rest = this.#decoder.end();
    if (rest !== "") this.#lines.push(rest);
    this.#lines.end();
  }

  /** The reader wants no more: half a line or half an event is nothing then. */
  close(): void {
    this.#ended = true;
    this.#data = null;
  }

  /** The next line as sent. */
  nextLine(): string | typeof NEED | typeof DONE {
    if (this.#after) throw this.#after;
    const line = this.#lines.next();
    if (line === null) return this.#atEnd();
    // Cheap enough for every line; only an error event is parsed.
    if (line.startsWith("data:") && line.includes('"error"')) {
      const event = tryParse(line.slice(5));
      if (isErrorEvent(event)) this.#after = this.#streamError(event);
    }
    return line;
  }

  /** The next event with data. */
  nextEvent(): E | typeof NEED | typeof DONE {
    if (this.#after) throw this.#after;
    for (;;) {
      if (this.#data === null) {
        const data = this.#lines.nextData();
        if (data !== null) {
          const event = this.#event(data);
          if (event !== undefined) return event;
          continue;
        }
      }
      const line = this.#lines.next();
      if (line === null) {
        if (this.#ended && this.#failure === null && this.#data !== null) {
          // The body ended cleanly behind the data: only the empty line is missing.
          const event = this.#event(this.#data);
          this.#data = null;
          if (event !== undefined) return event;
        }
        return this.#atEnd();
      }
      if (line === "") {
        if (this.#data === null) continue;
        const data = this.#data;
        this.#data = null;
        const event = this.#event(data);
        if (event !== undefined) return event;
        continue;
      }
      // Of the fields only data matters: Dify puts the event's name inside it.
      if (!line.startsWith("data")) continue;
      if (line.charCodeAt(4) === 58) {
        const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
        this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
      } else if (line === "data") {
        this.#data = this.#data === null ? "" : `${this.#data}\n`;
      }
    }
  }

  #event(data: string): E | undefined {
    if (data === "") return undefined;
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch (cause) {
      throw this.#bad("an event is not JSON", data, cause);
    }
    if (typeof event !== "object" || event === null || Array.isArray(event)) {
      throw this.#bad("an event is not a JSON object", data);
    }
    const name = (event as { event?: unknown }).event;
    if (name === "ping") return undefined;
    if (name === "error") this.#after = this.#streamError(event as ErrorEventShape);
    return event as E;
  }

  #atEnd(): typeof NEED | typeof DONE {
    if (!this.#ended) return NEED;
    if (this.#failure) throw this.#failure;
    return DONE;
  }

  #bad(what: string, data: string, cause?: unknown): StreamError {
    const error = new StreamError(
      `${this.#operation}: ${what}: ${JSON.stringify(this.#redact(data.slice(0, NOT_JSON_SHOWN)))}`,
      {
        operation: this.#operation,
        // The parser's message shows a piece of the text, of which nothing could be taken out.
        cause: this.#redact(data) === data ? cause : undefined,
      },
    );
    this.#after = error;
    return error;
  }

  #streamError({ message, code, status }: ErrorEventShape): StreamError {
    const shown = (text: string) => cut(text, this.#redact);
    return new StreamError(typeof message === "string" ? shown(message) : "the stream reports an error", {
      code: typeof code === "string" ? shown(code) : undefined,
      status: typeof status === "number" ? status : undefined,
      operation: this.#operation,
    });
  }
}

interface ErrorEventShape {
  event?: unknown;
  message?: unknown;
  code?: unknown;
  status?: unknown;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isErrorEvent(value: unknown): value is ErrorEventShape {
  return typeof value === "object" && value !== null && (value as ErrorEventShape).event === "error";
}
