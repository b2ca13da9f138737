import type { DONE, NEED } from "./event-reader";

/** What a reader gives, taken in one go as far as bytes are there: faster than between the caller's turns. */
export class Batch<T> {
  readonly #fill: (items: T[]) => typeof NEED | typeof DONE;
  #items: T[] = [];
  #at = 0;

  constructor(fill: (items: T[]) => typeof NEED | typeof DONE) {
    this.#fill = fill;
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
    const state = this.#fill(this.#items);
    return this.shift() ?? state;
  }

  /** Drops what has been taken. */
  clear(): void {
    this.#items = [];
    this.#at = 0;
  }
}
