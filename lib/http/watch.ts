import { performance } from "node:perf_hooks";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";

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

// Not bound to an instance: a call makes no closures for what hardly ever happens.
const look = (watch: Watch): void => watch.look();

/**
 * Watches over one attempt with one timer: how long nothing came, and how long the whole call may take. A sign of
 * life costs one assignment, no clock and no timer; the timer looks now and then whether there was one.
 */
export class Watch {
  #limit: number;
  #limitName: "timeout" | "connectTimeout";
  /** There was a sign since the timer last looked. */
  #sign = false;
  #quietSince: number;
  readonly #deadlineAt: number;
  readonly #deadline: number;
  readonly #watched: Watched;
  #timer: NodeJS.Timeout | undefined;
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
    this.#arm(now);
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
    // A longer limit needs no new timer: the old one looks, and goes on waiting.
    if (shorter || this.#timer === undefined) this.look();
  }

  /** While the reader does not read, silence is not the server's fault. */
  hold(held: boolean): void {
    this.#held = held;
    this.#sign = true;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #arm(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const step = Math.min(this.#limit / STEPS, this.#quietSince + this.#limit - now);
    const wait = Math.min(step, this.#deadlineAt - now);
    if (this.#stopped || wait === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(look, Math.min(Math.max(1, Math.ceil(wait)), LONGEST_TIMER), this);
  }

  #passed(now: number): boolean {
    if (this.#sign || this.#held) {
      this.#sign = false;
      this.#quietSince = now;
    }
    return now >= this.#deadlineAt || now - this.#quietSince >= this.#limit;
  }

  /** For the timer: was there a sign of life, is there time left? */
  look(): void {
    const now = performance.now();
    if (!this.#passed(now)) {
      this.#arm(now);
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
      this.#arm(now);
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
