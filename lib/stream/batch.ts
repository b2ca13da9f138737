import type { DONE, EventReader, NEED, Unit } from "./event-reader";

/** What a reader gives, taken in one go as far as bytes are there: faster than between the caller's turns. */
export class Batch<T> {
  readonly #reader: EventReader<unknown>;
  readonly #unit: Unit;
  #items: T[] = [];
  #at = 0;

  /** `T` is what the unit says: the reader's events, or strings. */
  constructor(reader: EventReader<unknown>, unit: Unit) {
    this.#reader = reader;
    this.#unit = unit;
  }

  /** The next item of those that have been taken (never undefined itself); undefined where there is none. */
  shift(): T | undefined {
    return this.#at < this.#items.length ? this.#items[this.#at++] : undefined;
  }

  /** The next item; `NEED` where more bytes are needed. Raises what the reader raises. */
  next(): T | typeof NEED | typeof DONE {
    const item = this.shift();
    if (item !== undefined) return item;
    this.clear();
    const items = this.#items;
    const state =
      this.#unit === "lines" ? this.#reader.readLines(items as string[]) : this.#reader.readEvents(items);
    return this.shift() ?? state;
  }

  /** Drops what has been taken. */
  clear(): void {
    this.#items = [];
    this.#at = 0;
  }
}
