import type { DifyClientError } from "../errors";
import { keepOne } from "./lasting";

/** What holds the connection behind a queue. */
export interface ByteSource {
  /** The queue is full: stop reading from the socket. */
  pause(): void;
  /** The queue has room again. */
  resume(): void;
  /** Nobody wants the rest: drop the connection. */
  abort(): void;
}

/** Who waits for bytes. A method, not a function: what V8 compiled for it outlives each of them. */
export interface Listener {
  /** Bytes, the end or a failure came. */
  onReadable(): void;
}

const HIGH_WATER = 256 * 1024;
/** What is read here is parsed here: not more, so that the text of it stays near the processor. */
const JOINED = 2 * 1024;

/**
 * Bytes between a socket and a reader. It holds at most about a quarter of a megabyte: a reader that stalls holds the
 * server, not the memory.
 */
export class ByteQueue {
  listener: Listener | null = null;
  #chunks: Buffer[] = [];
  #at = 0;
  #size = 0;
  #paused = false;
  #ended = false;
  #closed = false;
  #error: DifyClientError | Error | null = null;
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** For the socket's side: bytes came. */
  push(chunk: Buffer): void {
    if (this.#ended || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size > HIGH_WATER && !this.#paused) {
      this.#paused = true;
      this.#source.pause();
    }
    this.listener?.onReadable();
  }

  /** For the socket's side: the body ended, cleanly or with an error. */
  end(error: DifyClientError | Error | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.listener?.onReadable();
  }

  /** The next bytes, or null where none are there. Pieces that are small beside `joined` come joined to about that. */
  take(joined = JOINED): Buffer | null {
    const chunks = this.#chunks;
    if (chunks.length === 0) return null;
    let taken = chunks[this.#at++] as Buffer;
    if (taken.length < joined / 4 && this.#at < chunks.length) taken = this.#join(taken, joined);
    this.#size -= taken.length;
    if (this.#at === chunks.length) {
      this.#chunks = [];
      this.#at = 0;
      if (this.#paused) {
        this.#paused = false;
        this.#source.resume();
      }
    }
    return taken;
  }

  /** One copy is cheaper than to decode, or to send, each small piece. */
  #join(first: Buffer, joined: number): Buffer {
    const pieces = [first];
    let size = first.length;
    while (this.#at < this.#chunks.length && size < joined) {
      const piece = this.#chunks[this.#at++] as Buffer;
      pieces.push(piece);
      size += piece.length;
    }
    return Buffer.concat(pieces, size);
  }

  /** True when nothing is left and nothing will come. */
  get done(): boolean {
    return this.#ended && this.#chunks.length === 0;
  }

  /** The reader has closed it: what was left is not wanted. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Why the body broke; null where it ended cleanly, or has not ended. */
  get error(): DifyClientError | Error | null {
    return this.#error;
  }

  /** Drops what is left and the connection. */
  close(): void {
    this.#closed = true;
    this.#chunks = [];
    this.#at = 0;
    this.#size = 0;
    if (this.#ended) return;
    this.#ended = true;
    this.#source.abort();
  }
}

keepOne(new ByteQueue({ pause() {}, resume() {}, abort() {} }));
