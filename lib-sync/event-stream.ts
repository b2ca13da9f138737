import type { Redact } from "../lib/core/redaction";
import type { RequestDescription } from "../lib/core/request";
import type { DifyResponse } from "../lib/core/response";
import type { EventStream as EventStreamShape, IterLinesOptions } from "../lib/core/streams";
import { BaseEventStream, type StreamAnswer } from "../lib/stream/base-event-stream";
import { Batch } from "../lib/stream/batch";
import { DONE, NEED, type Read } from "../lib/stream/event-reader";
import { keepOne } from "../lib/stream/lasting";
import { TextCollector } from "../lib/stream/text";

/** Where a blocking stream's bytes come from. */
export interface ByteFeed {
  /** Blocks until bytes are there, valid until the next call; null at a clean end. Raises where the stream broke. */
  read(): Buffer | null;
  /** Drops the connection. */
  close(): void;
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
  #closed = false;

  /** From a stream that has begun, or from an answer with a failing status (under `raiseErrors: false`). */
  constructor(request: RequestDescription, answer: StreamParts | DifyResponse<unknown>, redact: Redact) {
    super(request, answer, redact);
    this.#feed = "feed" in answer ? answer.feed : null;
    if (this.#feed) forgotten.register(this, this.#feed, this.#feed);
  }

  /** Typed events: every event with data, no pings. At an `error` event: that event, then a `StreamError`. */
  [Symbol.iterator](): IterableIterator<E> {
    return this.#iterate((reader, events: E[]) => reader.readEvents(events));
  }

  /** Every line as sent, `event: ping` and empty lines included. Python's `iter_lines()`. */
  iterLines(_options?: IterLinesOptions): IterableIterator<string> {
    return this.#iterate((reader, lines: string[]) => reader.readLines(lines));
  }

  /** The whole text of the answer; returns at the closing event and drops the connection. */
  text(): string {
    const collector = new TextCollector();
    for (const event of this) if (collector.add(event)) break;
    return collector.text;
  }

  /** Drops the connection. The run on the server is not stopped by that. May be called twice. */
  close(): void {
    if (!this.#feed || this.#closed) return;
    this.#closed = true;
    forgotten.unregister(this.#feed);
    this.#feed.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #iterate<T>(read: Read<E, T>): IterableIterator<T> {
    const reader = this.beginReading();
    const feed = this.#feed;
    if (!feed) reader.end();
    const batch = new Batch<T>((items) => read(reader, items));
    const more = () => {
      // Closed meanwhile: that is the end, not a fault.
      if (this.#closed) return reader.close();
      try {
        const chunk = feed ? feed.read() : null;
        if (chunk) reader.push(chunk);
        else reader.end();
      } catch (error) {
        // Raised by the reader, after what came before.
        reader.end(error as Error);
      }
    };
    return new StreamIterator(batch, more, this);
  }
}

/** Plain and by hand: a generator would cost more than what it gives is worth at each event. */
class StreamIterator<T> implements IterableIterator<T> {
  readonly #batch: Batch<T>;
  readonly #more: () => void;
  // Keeps the stream from being collected, and so closed, while it is read.
  readonly #stream: { close(): void };
  #over = false;

  constructor(batch: Batch<T>, more: () => void, stream: { close(): void }) {
    this.#batch = batch;
    this.#more = more;
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

  return(): IteratorResult<T, undefined> {
    if (!this.#over) {
      this.#over = true;
      this.#batch.clear();
      this.#stream.close();
    }
    return { value: undefined, done: true };
  }
}

keepOne(new StreamIterator(new Batch(() => DONE), () => {}, { close() {} }));
