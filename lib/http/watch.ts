import { performance } from "node:perf_hooks";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { type Listed, Roster } from "./roster";

/** Which limit passed, and how long it was. */
export interface Expiry {
  readonly limit: "timeout" | "connectTimeout" | "deadline";
  readonly milliseconds: number;
}

const LONGEST_TIMER = 2 ** 31 - 1;
/** In how many steps a limit of silence is measured: it passes at most a step late, never early. */
const STEPS = 10;

/** Who is told that a limit passed. */
export interface Watched {
  expired(expiry: Expiry): void;
}

/**
 * The one timer of all watches of this thread: one for each call, made and cleared, would cost more than all the rest
 * of watching. It goes on after the last watch has stopped, and holds no process then.
 */
class Lookout {
  readonly #watches = new Roster<Watch>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer fires, on the clock of `performance.now()`. */
  #due = Number.POSITIVE_INFINITY;

  add(watch: Watch): void {
    this.#watches.add(watch);
    if (this.#watches.size === 1) this.#timer?.ref();
  }

  delete(watch: Watch): void {
    this.#watches.delete(watch);
    if (this.#watches.size === 0) this.#timer?.unref();
  }

  /** All watches look at that time at the latest. */
  lookBy(time: number, now: number): void {
    if (time >= this.#due) return;
    clearTimeout(this.#timer);
    const wait = Math.min(Math.max(1, Math.ceil(time - now)), LONGEST_TIMER);
    this.#due = now + wait;
    this.#timer = setTimeout(look, wait);
  }

  look(): void {
    this.#timer = undefined;
    this.#due = Number.POSITIVE_INFINITY;
    for (const watch of this.#watches.all()) watch.look();
  }
}

const lookout = new Lookout();
const look = (): void => lookout.look();

/**
 * Watches over one attempt: how long nothing came, and how long the whole call may take. A sign of life costs one
 * assignment, no clock and no timer; now and then the watch looks whether there was one.
 */
export class Watch implements Listed {
  place = -1;
  #limit: number;
  #limitName: "timeout" | "connectTimeout";
  /** There was a sign since the last look. */
  #sign = false;
  #quietSince: number;
  readonly #deadlineAt: number;
  readonly #deadline: number;
  readonly #watched: Watched;
  #held = false;
  #stopped = false;

  /** `now` and `deadlineAt` are on the clock of `performance.now()`. */
  constructor(
    limit: number,
    name: "timeout" | "connectTimeout",
    deadline: number,
    deadlineAt: number,
    now: number,
    watched: Watched,
  ) {
    this.#limit = limit;
    this.#limitName = name;
    this.#deadline = deadline;
    this.#deadlineAt = deadlineAt;
    this.#watched = watched;
    this.#quietSince = now;
    lookout.add(this);
    this.#plan(now);
  }

  /** A sign of life. */
  touch(): void {
    this.#sign = true;
  }

  /** From here on another limit of silence holds. */
  limit(milliseconds: number, name: "timeout" | "connectTimeout"): void {
    const shorter = milliseconds < this.#limit;
    this.#limit = milliseconds;
    this.#limitName = name;
    this.#sign = true;
    // For a longer limit the next look comes soon enough.
    if (shorter) this.look();
  }

  /** While the reader does not read, silence is not the server's fault. */
  hold(held: boolean): void {
    this.#held = held;
    this.#sign = true;
  }

  stop(): void {
    this.#stopped = true;
    lookout.delete(this);
  }

  /** Plans the next look. */
  #plan(now: number): void {
    const step = Math.min(this.#limit / STEPS, this.#quietSince + this.#limit - now);
    lookout.lookBy(Math.min(now + step, this.#deadlineAt), now);
  }

  #passed(now: number): boolean {
    if (this.#sign || this.#held) {
      this.#sign = false;
      this.#quietSince = now;
    }
    return now >= this.#deadlineAt || now - this.#quietSince >= this.#limit;
  }

  /** Was there a sign of life, is there time left? */
  look(): void {
    if (this.#stopped) return;
    const now = performance.now();
    if (!this.#passed(now)) {
      this.#plan(now);
      return;
    }
    // After the thread was blocked, the timer comes before the bytes that are waiting in the socket: let them in
    // first. Two turns, as the first may end a poll that began before.
    setImmediate(() => setImmediate(() => this.#lookAgain()));
  }

  #lookAgain(): void {
    if (this.#stopped) return;
    const now = performance.now();
    if (!this.#passed(now)) {
      this.#plan(now);
      return;
    }
    this.stop();
    this.#watched.expired(
      now >= this.#deadlineAt
        ? { limit: "deadline", milliseconds: this.#deadline }
        : { limit: this.#limitName, milliseconds: this.#limit },
    );
  }
}
