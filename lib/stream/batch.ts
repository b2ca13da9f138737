import { DONE, NEED } from "./event-reader";

/**
 * What a reader gives, parsed in one go as far as bytes are there: that is faster than between the caller's turns.
 * What fails, fails in its place, after all that came before it.
 */
export class Batch<T> {
  readonly #step: () => T | typeof NEED | typeof DONE;
  readonly #items: T[] = [];
  #at = 0;
  #failure: { readonly error: unknown } | null = null;

  constructor(step: () => T | typeof NEED | typeof DONE) {
    this.#step = step;
  }

  /** The next item; `NEED` where more bytes are needed. Raises what the reader raised. */
  next(): T | typeof NEED | typeof DONE {
    if (this.#at < this.#items.length) return this.#items[this.#at++] as T;
    return this.#fill();
  }

  #fill(): T | typeof NEED | typeof DONE {
    const items = this.#items;
    if (this.#failure) throw this.#failure.error;
    this.#at = 0;
    items.length = 0;
    try {
      for (;;) {
        const item = this.#step();
        if (item === NEED || item === DONE) {
          if (items.length === 0) return item;
          break;
        }
        items.push(item);
      }
    } catch (error) {
      if (items.length === 0) throw error;
      this.#failure = { error };
    }
    return items[this.#at++] as T;
  }
}
