import { StringDecoder } from "node:string_decoder";
import type { Redact } from "../core/redaction";
import { cut, StreamError } from "../errors";
import { keepOne } from "./lasting";
import { LineSplitter } from "./line-splitter";

/** Nothing is there yet: push more bytes. */
export const NEED: unique symbol = Symbol("need");
/** The stream has ended. */
export const DONE: unique symbol = Symbol("done");

const NOT_JSON_SHOWN = 200;
/** Long pieces are decoded a part at a time: their text would not stay in the processor's nearest cache. */
const SLICE = 8 * 1024;

/** What is read of a stream. */
export type Unit = "events" | "lines";

/**
 * Bytes in, lines or events out, in linear time. It knows the rules of server-sent events and of Dify's `error`
 * event, and nothing of sockets or threads: both families' streams drive it.
 */
export class EventReader<E> {
  readonly #decoder = new StringDecoder("utf8");
  readonly #lines = new LineSplitter();
  #undecoded: Buffer | null = null;
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

  /** Takes bytes, cut anywhere, when all of those before have been read. They must stay as they are until they are. */
  push(bytes: Buffer): void {
    this.#undecoded = bytes;
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
    this.#undecoded = null;
  }

  /**
   * Adds to `lines` all whole lines that are there, as sent. What fails, fails after what came before it: at the next
   * call.
   */
  readLines(lines: string[]): typeof NEED | typeof DONE {
    if (this.#after) throw this.#after;
    for (;;) {
      const line = this.#lines.next();
      if (line === null) {
        if (this.#decode()) continue;
        return this.#atEnd(lines);
      }
      lines.push(line);
      // Cheap enough for every line; only an error event is parsed.
      if (line.startsWith("data:") && line.includes('"error"')) {
        const event = tryParse(line.slice(5));
        if (isErrorEvent(event)) {
          this.#after = this.#streamError(event);
          return NEED;
        }
      }
    }
  }

  /** Adds to `events` all events with data that are there. What fails, fails at the next call, as with lines. */
  readEvents(events: E[]): typeof NEED | typeof DONE {
    if (this.#after) throw this.#after;
    for (;;) {
      if (this.#data === null) {
        const values: string[] = [];
        this.#lines.takeData(values);
        for (const value of values) if (!this.#add(value, events)) return this.#stopped(events);
      }
      const line = this.#lines.next();
      if (line === null && this.#decode()) continue;
      // A body that ended cleanly behind the data lacks the empty line only.
      const complete = line === "" || (line === null && this.#ended && this.#failure === null);
      if (complete && this.#data !== null) {
        const data = this.#data;
        this.#data = null;
        if (!this.#add(data, events)) return this.#stopped(events);
      }
      if (line === null) return this.#atEnd(events);
      if (line !== "") this.#field(line);
    }
  }

  /** Makes text of what was pushed; false where nothing is left of it. */
  #decode(): boolean {
    const bytes = this.#undecoded;
    if (bytes === null) return false;
    const long = bytes.length > SLICE;
    this.#undecoded = long ? bytes.subarray(SLICE) : null;
    let text = this.#decoder.write(long ? bytes.subarray(0, SLICE) : bytes);
    if (text === "") return true;
    if (!this.#started) {
      this.#started = true;
      if (text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    }
    this.#lines.push(text);
    return true;
  }

  /** Of the fields only data matters: Dify puts the event's name inside it. */
  #field(line: string): void {
    if (!line.startsWith("data")) return;
    if (line.charCodeAt(4) === 58) {
      const value = line.slice(line.charCodeAt(5) === 32 ? 6 : 5);
      this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    } else if (line === "data") {
      this.#data = this.#data === null ? "" : `${this.#data}\n`;
    }
  }

  /** Adds the event in `data`; false where nothing may follow, for what `#after` says. */
  #add(data: string, events: E[]): boolean {
    if (data === "") return true;
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch (cause) {
      return this.#bad("an event is not JSON", data, cause);
    }
    if (typeof event !== "object" || event === null || Array.isArray(event)) {
      return this.#bad("an event is not a JSON object", data);
    }
    const name = (event as { event?: unknown }).event;
    if (name === "ping") return true;
    events.push(event as E);
    if (name !== "error") return true;
    this.#after = this.#streamError(event as ErrorEventShape);
    return false;
  }

  #stopped(items: readonly unknown[]): typeof NEED {
    if (items.length === 0) throw this.#after;
    return NEED;
  }

  #atEnd(items: readonly unknown[]): typeof NEED | typeof DONE {
    if (!this.#ended) return NEED;
    if (this.#failure === null) return DONE;
    if (items.length === 0) throw this.#failure;
    return NEED;
  }

  #bad(what: string, data: string, cause?: unknown): false {
    this.#after = new StreamError(
      `${this.#operation}: ${what}: ${JSON.stringify(this.#redact(data.slice(0, NOT_JSON_SHOWN)))}`,
      {
        operation: this.#operation,
        // The parser's message shows a piece of the text, of which nothing could be taken out.
        cause: this.#redact(data) === data ? cause : undefined,
      },
    );
    return false;
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

keepOne(new EventReader(""));
