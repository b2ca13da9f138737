import { clearTimeout, setImmediate, setTimeout } from "node:timers";

/** Which limit passed, and how long it was. */
export interface Expiry {
  readonly limit: "timeout" | "connectTimeout" | "deadline";
  readonly milliseconds: number;
}

const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Watches over one attempt with one timer: how long nothing came, and how long the whole call may take. The timer
 * is not moved at every byte: it looks at the clock when it fires.
 */
export class Watch {
  #limit: number;
  #limitName: "timeout" | "connectTimeout";
  #lastSign: number;
  readonly #deadlineAt: number;
  readonly #deadline: number;
  readonly #onExpiry: (expiry: Expiry) => void;
  #timer: NodeJS.Timeout | undefined;
  #held = false;
  #stopped = false;

  constructor(
    limit: number,
    name: "timeout" | "connectTimeout",
    deadline: number,
    deadlineAt: number,
    onExpiry: (expiry: Expiry) => void,
  ) {
    this.#limit = limit;
    this.#limitName = name;
    this.#deadline = deadline;
    this.#deadlineAt = deadlineAt;
    this.#onExpiry = onExpiry;
    this.#lastSign = performance.now();
    this.#arm(this.#remaining());
  }

  /** A sign of life. */
  touch(): void {
    this.#lastSign = performance.now();
  }

  /** From here on another limit of silence holds. */
  limit(milliseconds: number, name: "timeout" | "connectTimeout"): void {
    const shorter = milliseconds < this.#limit;
    this.#limit = milliseconds;
    this.#limitName = name;
    this.#lastSign = performance.now();
    // A longer limit needs no new timer: the old one looks at the clock and goes on waiting.
    if (shorter || this.#timer === undefined) this.#arm(this.#remaining());
  }

  /** While the reader does not read, silence is not the server's fault. */
  hold(held: boolean): void {
    this.#held = held;
    this.#lastSign = performance.now();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #remaining(): number {
    const now = performance.now();
    // While held, the clock of the silence stands still: look again after a limit's length.
    const silence = (this.#held ? now : this.#lastSign) + this.#limit;
    return Math.min(silence, this.#deadlineAt) - now;
  }

  #arm(wait: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stopped || wait === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#look(), Math.min(Math.max(1, Math.ceil(wait)), LONGEST_TIMER));
  }

  #look(): void {
    const wait = this.#remaining();
    if (wait > 0) {
      this.#arm(wait);
      return;
    }
    // After the thread was blocked, the timer comes before the bytes that are waiting in the socket: let them in
    // first. Two turns, as the first may end a poll that began before.
    setImmediate(() =>
      setImmediate(() => {
        if (this.#stopped) return;
        const left = this.#remaining();
        if (left > 0) {
          this.#arm(left);
          return;
        }
        const overall = performance.now() >= this.#deadlineAt;
        this.stop();
        this.#onExpiry(
          overall
            ? { limit: "deadline", milliseconds: this.#deadline }
            : { limit: this.#limitName, milliseconds: this.#limit },
        );
      }),
    );
  }
}
