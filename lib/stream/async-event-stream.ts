import type { Redact } from "../core/redaction";
import type { RequestDescription } from "../core/request";
import type { DifyResponse } from "../core/response";
import type { AsyncEventStream as AsyncEventStreamShape, IterLinesOptions } from "../core/streams";
import { BaseEventStream, type StreamAnswer } from "./base-event-stream";
import { Batch } from "./batch";
import type { ByteQueue, Listener } from "./byte-queue";
import { DONE, EventReader, NEED, type Unit } from "./event-reader";
import { keepOne } from "./lasting";
import { TextCollector } from "./text";

/** The head of a stream's answer, and its body. */
export interface StreamParts extends StreamAnswer {
  readonly bytes: ByteQueue;
}

// A stream that was forgotten, not closed, must not hold its connection for ever.
const forgotten = new FinalizationRegistry<ByteQueue>((bytes) => bytes.close());

const ENDED: IteratorReturnResult<undefined> = { value: undefined, done: true };

/**
 * Events as they arrive: `for await (const event of stream)`. It is iterated once. Leaving the loop, by any way,
 * closes the request.
 */
export class AsyncEventStream<E> extends BaseEventStream<E> implements AsyncEventStreamShape<E> {
  readonly #bytes: ByteQueue | null;

  /** From a stream that has begun, or from an answer with a failing status (under `raiseErrors: false`). */
  constructor(request: RequestDescription, answer: StreamParts | DifyResponse<unknown>, redact: Redact) {
    super(request, answer, redact);
    this.#bytes = "bytes" in answer ? answer.bytes : null;
    if (this.#bytes) forgotten.register(this, this.#bytes, this.#bytes);
  }

  /** Typed events: every event with data, no pings. At an `error` event: that event, then a `StreamError`. */
  [Symbol.asyncIterator](): AsyncIterableIterator<E> {
    return this.#iterate("events");
  }

  /** Every line as sent, `event: ping` and empty lines included. Python's `aiter_lines()`. */
  aiterLines(_options?: IterLinesOptions): AsyncIterableIterator<string> {
    return this.#iterate("lines");
  }

  /** The whole text of the answer; resolves at the closing event and drops the connection. */
  async text(): Promise<string> {
    const collector = new TextCollector();
    for await (const event of this) if (collector.add(event)) break;
    return collector.text;
  }

  /** Drops the connection. The run on the server is not stopped by that. May be called twice. */
  close(): void {
    if (!this.#bytes) return;
    forgotten.unregister(this.#bytes);
    this.#bytes.close();
    this.#bytes.listener?.onReadable();
  }

  /** As `close()`, for Python's habit. */
  async aclose(): Promise<void> {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #iterate<T>(unit: Unit): AsyncIterableIterator<T> {
    const reader = this.beginReading();
    if (!this.#bytes) reader.end();
    return new StreamIterator<T>(this.#bytes, reader, unit, this);
  }
}

interface Waiting<T> {
  resolve(result: IteratorResult<T>): void;
  reject(error: unknown): void;
}

/** One hand-written iterator: layers of async generators would cost several times what parsing does. */
class StreamIterator<T> implements AsyncIterableIterator<T>, Listener {
  readonly #bytes: ByteQueue | null;
  readonly #reader: EventReader<unknown>;
  readonly #batch: Batch<T>;
  // Keeps the stream from being collected, and so closed, while it is read.
  readonly #stream: { close(): void };
  #waiting: Waiting<T>[] = [];
  #over = false;

  constructor(bytes: ByteQueue | null, reader: EventReader<unknown>, unit: Unit, stream: { close(): void }) {
    this.#bytes = bytes;
    this.#reader = reader;
    this.#batch = new Batch(reader, unit);
    this.#stream = stream;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    // What is there already is there for the first who asks: nobody waits then.
    const item = this.#batch.shift();
    return item === undefined ? this.#nextOfMore() : Promise.resolve({ value: item, done: false });
  }

  #nextOfMore(): Promise<IteratorResult<T>> {
    if (this.#over) return Promise.resolve(ENDED);
    // Calls that came before must be served first.
    if (this.#waiting.length === 0) {
      try {
        const item = this.#take();
        if (item !== NEED) return Promise.resolve(item);
      } catch (error) {
        return Promise.reject(this.#fail(error));
      }
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      if (this.#bytes) this.#bytes.listener = this;
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#finish();
    for (const waiting of this.#waiting.splice(0)) waiting.resolve(ENDED);
    return Promise.resolve(ENDED);
  }

  throw(error: unknown): Promise<IteratorResult<T>> {
    void this.return();
    return Promise.reject(error);
  }

  /** The next item, as far as bytes are there. */
  #take(): IteratorResult<T> | typeof NEED {
    const bytes = this.#bytes;
    for (;;) {
      const item = this.#batch.next();
      if (item === DONE) {
        this.#finish();
        return ENDED;
      }
      if (item !== NEED) return { value: item, done: false };
      if (!bytes) return NEED;
      const chunk = bytes.take();
      if (chunk) this.#reader.push(chunk);
      else if (bytes.closed) this.#reader.close();
      else if (bytes.done) this.#reader.end(bytes.error);
      else return NEED;
    }
  }

  /** Bytes came: answers who waits. Set only while somebody does, so that a forgotten iterator can be collected. */
  onReadable(): void {
    while (this.#waiting.length > 0) {
      const [first] = this.#waiting as [Waiting<T>];
      try {
        const item = this.#take();
        if (item === NEED) return;
        this.#waiting.shift();
        first.resolve(item);
      } catch (error) {
        this.#waiting.shift();
        first.reject(this.#fail(error));
      }
      if (this.#over) for (const waiting of this.#waiting.splice(0)) waiting.resolve(ENDED);
    }
    if (this.#bytes) this.#bytes.listener = null;
  }

  #fail(error: unknown): unknown {
    this.#finish();
    return error;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#batch.clear();
    if (this.#bytes) this.#bytes.listener = null;
    this.#stream.close();
  }
}

keepOne(new StreamIterator(null, new EventReader(""), "events", { close() {} }));
