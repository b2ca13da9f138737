/** What can be on a roster: it remembers its place there. */
export interface Listed {
  /** Where it is on its roster; -1 where it is on none. */
  place: number;
}

/**
 * What is under way, in no order. A `Set` would do, at the price of what it keeps alive: one that is always added to
 * and deleted from moves to a new table now and then, and the old table, once it has grown old enough, holds the new
 * one and all that was ever in it until the next full collection.
 */
export class Roster<T extends Listed> {
  readonly #all: T[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(item: T): void {
    item.place = this.#all.push(item) - 1;
  }

  /** Does nothing for what is not on it. */
  delete(item: T): void {
    const { place } = item;
    if (place < 0) return;
    item.place = -1;
    const last = this.#all.pop() as T;
    if (last === item) return;
    this.#all[place] = last;
    last.place = place;
  }

  /** What is on it now: whoever goes through it may take items off. */
  all(): readonly T[] {
    return [...this.#all];
  }
}
