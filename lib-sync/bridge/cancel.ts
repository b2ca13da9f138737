import type { CancelSignal } from "../../lib/core/request";
import type { Listed } from "../../lib/http/roster";

/** Cancels one request. An AbortController would do the same, at several times the cost of all the rest here. */
export class Cancel implements CancelSignal, Listed {
  place = -1;
  aborted = false;
  reason: unknown;
  /** The number of the request. */
  readonly id: number;
  #listener: (() => void) | null = null;

  constructor(id: number) {
    this.id = id;
  }

  /** The transport listens with one function at a time. */
  addEventListener(_type: "abort", listener: () => void): void {
    this.#listener = listener;
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    if (this.#listener === listener) this.#listener = null;
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  abort(reason: Error): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#listener?.();
  }
}
