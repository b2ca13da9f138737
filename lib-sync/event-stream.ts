import type { Redact } from "../lib/core/redaction";
import type { RequestDescription } from "../lib/core/request";
import type { DifyResponse } from "../lib/core/response";
import type { EventStream as EventStreamShape, IterLinesOptions } from "../lib/core/streams";
import { BaseEventStream, type StreamAnswer } from "../lib/stream/base-event-stream";
import { Batch } from "../lib/stream/batch";
import { DONE, EventReader, NEED, type Unit } from "../lib/stream/event-reader";
import { keepOne } from "../lib/stream/lasting";
import { TextCollector } from "../lib/stream/text";

/** Where a blocking stream's bytes come from. */
export interface ByteFeed {
  /** Blocks until bytes are there, valid until the next call; null at a clean end. Raises where the stream broke. */
  read(): Buffer | null;
  /** Drops the connection. */
  close(): void;
  /** It was closed, wherever it stood. */
  readonly closed: boolean;
}

/** The head of a stream's answer, and its body. */
export interface StreamParts extends StreamAnswer {
  readonly feed: ByteFeed;
}

// A stream that was forgotten, not closed, must not hold its connection for ever.
const forgotten = new FinalizationRegistry<ByteFeed>((feed) => feed.close());

/**
 * Events as they arrive, for the blocking family: `for (const event of stream)`. It is iterated once. Leaving the
 * loop, by any way, closes the request.
 */
export class EventStream<E> extends BaseEventStream<E> implements EventStreamShape<E> {
  readonly #feed: ByteFeed | null;

  /** From a stream that has begun, or from an answer with a failing status (under `raiseErrors: false`). */
  constructor(request: RequestDescription, answer: StreamParts | DifyResponse<unknown>, redact: Redact) {
    super(request, answer, redact);
    this.#feed = "feed" in answer ? answer.feed : null;
    if (this.#feed) forgotten.register(this, this.#feed, this.#feed);
  }

  /** Typed events: every event with data, no pings. At an `error` event: that event, then a `StreamError`. */
  [Symbol.iterator](): IterableIterator<E> {
    return this.#iterate("events");
  }

  /** Every line as sent, `event: ping` and empty lines included. Python's `iter_lines()`. */
  iterLines(_options?: IterLinesOptions): IterableIterator<string> {
    return this.#iterate("lines");
  }

  /** The whole text of the answer; returns at the closing event and drops the connection. */
  text(): string {
    const collector = new TextCollector();
    for (const event of this) if (collector.add(event)) break;
    return collector.text;
  }

  /** Drops the connection. The run on the server is not stopped by that. May be called twice. */
  close(): void {
    if (!this.#feed || this.#feed.closed) return;
    forgotten.unregister(this.#feed);
    this.#feed.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #iterate<T>(unit: Unit): IterableIterator<T> {
    const reader = this.beginReading();
    if (!this.#feed) reader.end();
    return new StreamIterator<T>(this.#feed, reader, unit, this);
  }
}

/** Plain and by hand: a generator would cost more than what it gives is worth at each event. */
class StreamIterator<T> implements IterableIterator<T> {
  readonly #feed: ByteFeed | null;
  readonly #reader: EventReader<unknown>;
  readonly #batch: Batch<T>;
  // Keeps the stream from being collected, and so closed, while it is read.
  readonly #stream: { close(): void };
  #over = false;

  constructor(feed: ByteFeed | null, reader: EventReader<unknown>, unit: Unit, stream: { close(): void }) {
    this.#feed = feed;
    this.#reader = reader;
    this.#batch = new Batch(reader, unit);
    this.#stream = stream;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<T, undefined> {
    const item = this.#batch.shift();
    return item === undefined ? this.#nextOfMore() : { value: item, done: false };
  }

  #nextOfMore(): IteratorResult<T, undefined> {
    if (this.#over) return { value: undefined, done: true };
    try {
      for (;;) {
        const item = this.#batch.next();
        if (item === DONE) return this.return();
        if (item !== NEED) return { value: item, done: false };
        this.#more();
      }
    } catch (error) {
      this.return();
      throw error;
    }
  }

  /** Gives the reader what comes next. */
  #more(): void {
    const feed = this.#feed;
    try {
      // Closed meanwhile: that is the end, not a fault.
      const chunk = feed && !feed.closed ? feed.read() : null;
      if (chunk) this.#reader.push(chunk);
      else if (feed?.closed) this.#reader.close();
      else this.#reader.end();
    } catch (error) {
      // Raised by the reader, after what came before.
      this.#reader.end(error as Error);
    }
  }

  return(): IteratorResult<T, undefined> {
    if (!this.#over) {
      this.#over = true;
      this.#batch.clear();
      this.#stream.close();
    }
    return { value: undefined, done: true };
  }
}

keepOne(new StreamIterator(null, new EventReader(""), "events", { close() {} }));
