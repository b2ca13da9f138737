import type { FromHost, ToHost } from "./protocol";

type Message = ToHost | FromHost;

// In front of the data: how many bytes were written, and how many read, since the beginning, modulo 2^32. Each in a
// cache line of its own, as two threads write them.
const WRITTEN = 0;
const READ = 16;
const FRONT = 128;

// A record: its size, its number, its kind and how many fields it has, its second element, and the fields.
const HEAD = 16;
/** In place of a size: the rest of the data up to its end is not used. */
const SKIP = -1;

const KINDS = [
  "request",
  "ack",
  "drop",
  "close",
  "ready",
  "answer",
  "stream",
  "chunk",
  "end",
  "failure",
  "dying",
] as const satisfies Message[0][];

// A field: its type in the upper four bits, its length (a number's value) in the others, and its content.
const NULL = 0;
const NUMBER = 1;
const STRING = 2;
const BYTES = 3;
const EMPTY = 4;
const LENGTH_BITS = 28;
const LENGTH = 2 ** LENGTH_BITS - 1;

/** Shared memory for a ring that holds so many bytes: a power of two. */
export function ringMemory(capacity: number): SharedArrayBuffer {
  return new SharedArrayBuffer(FRONT + capacity);
}

abstract class RingEnd {
  protected readonly counters: Int32Array;
  protected readonly bytes: Buffer;
  /** The same data as 32-bit integers. All records and fields begin at a multiple of four. */
  protected readonly words: Int32Array;
  protected readonly capacity: number;

  constructor(memory: SharedArrayBuffer) {
    this.capacity = memory.byteLength - FRONT;
    this.counters = new Int32Array(memory, 0, FRONT / 4);
    this.bytes = Buffer.from(memory, FRONT);
    this.words = new Int32Array(memory, FRONT);
  }
}

/** The end of a ring that one thread writes. */
export class RingWriter extends RingEnd {
  #written = Atomics.load(this.counters, WRITTEN);

  /** All that was written has been read, and its memory released. */
  get drained(): boolean {
    return Atomics.load(this.counters, READ) === this.#written;
  }

  /** Writes a message under a number; false where it does not fit in now, or holds what no ring can carry. */
  write(number: number, message: Message): boolean {
    const most = mostBytes(message);
    const free = this.capacity - ((this.#written - Atomics.load(this.counters, READ)) >>> 0);
    let at = this.#written & (this.capacity - 1);
    const rest = this.capacity - at;
    const skipped = rest < most ? rest : 0;
    if (most + skipped > free) return false;
    if (skipped > 0) {
      this.words[at >> 2] = SKIP;
      at = 0;
    }
    const size = this.#put(at, number, message);
    this.#written = (this.#written + skipped + size) | 0;
    Atomics.store(this.counters, WRITTEN, this.#written);
    return true;
  }

  #put(start: number, number: number, message: Message): number {
    const { words, bytes } = this;
    let at = start + HEAD;
    for (let i = 2; i < message.length; i++) {
      const value = message[i] as Field;
      const head = at >> 2;
      at += 4;
      if (typeof value === "string") {
        const length = bytes.write(value, at);
        words[head] = (STRING << LENGTH_BITS) | length;
        at += padded(length);
      } else if (typeof value === "number") words[head] = (NUMBER << LENGTH_BITS) | value;
      else if (value === null) words[head] = NULL;
      else if (ArrayBuffer.isView(value)) {
        bytes.set(value, at);
        words[head] = (BYTES << LENGTH_BITS) | value.length;
        at += padded(value.length);
      } else words[head] = EMPTY << LENGTH_BITS;
    }
    const first = start >> 2;
    words[first] = at - start;
    words[first + 1] = number;
    words[first + 2] = (KINDS.indexOf(message[0]) << 8) | (message.length - 2);
    words[first + 3] = message[1];
    return at - start;
  }
}

/** The end of a ring that one thread reads. */
export class RingReader extends RingEnd {
  #read = Atomics.load(this.counters, READ);

  /**
   * The next message, if it has this number; else null. A chunk's bytes lie in the ring, and are valid until
   * {@link release}.
   */
  read(number: number): Message | null {
    const { words, bytes, counters } = this;
    if (Atomics.load(counters, WRITTEN) === this.#read) return null;
    let at = this.#read & (this.capacity - 1);
    if (words[at >> 2] === SKIP) {
      this.#read = (this.#read + this.capacity - at) | 0;
      at = 0;
    }
    const first = at >> 2;
    if (words[first + 1] !== number) return null;
    const kind = words[first + 2] as number;
    const message: unknown[] = [KINDS[kind >> 8], words[first + 3]];
    this.#read = (this.#read + (words[first] as number)) | 0;
    at += HEAD;
    for (let left = kind & 0xff; left > 0; left--) {
      const head = words[at >> 2] as number;
      const length = head & LENGTH;
      at += 4;
      switch (head >>> LENGTH_BITS) {
        case STRING:
          message.push(bytes.toString("utf8", at, at + length));
          at += padded(length);
          break;
        case BYTES:
          // A chunk is read at once, an answer is kept.
          message.push(message[0] === "chunk" ? bytes.subarray(at, at + length) : copied(bytes, at, length));
          at += padded(length);
          break;
        case NUMBER:
          message.push(length);
          break;
        case EMPTY:
          message.push([]);
          break;
        default:
          message.push(null);
      }
    }
    return message as unknown as Message;
  }

  /** The memory of what was read may be written again. */
  release(): void {
    Atomics.store(this.counters, READ, this.#read);
  }
}

/** What a message is made of behind its kind and its number. */
type Field = string | number | null | Uint8Array | readonly unknown[];

/** How many bytes a record takes at most; infinitely many where it holds what no ring can carry. */
function mostBytes(message: Message): number {
  let most = HEAD;
  for (let i = 2; i < message.length; i++) {
    const value = message[i] as Field;
    most += 4;
    if (typeof value === "string") most += padded(3 * value.length);
    else if (typeof value === "number") {
      const carried = Number.isInteger(value) && value >= 0 && value <= LENGTH && !Object.is(value, -0);
      if (!carried) return Number.POSITIVE_INFINITY;
    } else if (value === null) continue;
    else if (ArrayBuffer.isView(value)) most += padded(value.length);
    else if (value.length > 0) return Number.POSITIVE_INFINITY;
  }
  return most;
}

function copied(bytes: Buffer, at: number, length: number): Buffer {
  const copy = Buffer.allocUnsafe(length);
  bytes.copy(copy, 0, at, at + length);
  return copy;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}
