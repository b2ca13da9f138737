import { performance } from "node:perf_hooks";
import type { Connection, Limits, RequestDescription } from "../../lib/core/request";
import { BridgeError } from "../../lib/errors";
import { longestDelay } from "../../lib/http/retry";
import { keptBuffer, RequestEncoder } from "./codec";
import type { Link } from "./link";
import type { FromHost } from "./protocol";

/** What is left to the host for saying itself that a limit passed. */
const GRACE = 5_000;
const START_LIMIT = 30_000;
const SLICE = 1_000;

/** How long to wait for a message, by the limits of its call. */
export class Patience {
  readonly operation: string;
  /** The longest time without a sign of life of the host. */
  readonly silence: number;
  readonly deadlineAt: number;

  constructor(operation: string, limits: Limits) {
    this.operation = operation;
    const retry = Math.max(longestDelay(limits.retryDelay, limits.maxRetries), limits.maxRetryAfter);
    const wait = limits.maxRetries > 0 ? retry : 0;
    // The limits of silence are measured in steps, and may pass a tenth late.
    this.silence = Math.max(limits.timeout, limits.connectTimeout) * 1.1 + wait + GRACE;
    this.deadlineAt = performance.now() + limits.deadline + GRACE;
  }
}

/** A link, and the caller's half of the protocol: numbers, mailboxes, patience. Both kinds of bridge are this. */
export class Bridge {
  readonly #makeLink: () => Link;
  #link: Link | null = null;
  #lastId = 0;
  readonly #encoder = new RequestEncoder();
  /** The call that is waited for; 0 before the first, and where its host has ended. */
  #calling = 0;
  /** What came for the open streams while something else was waited for; what comes for any other is dropped. */
  readonly #mail = new Map<number, FromHost[]>();
  /** The clients that the host knows. */
  #known = new Set<number>();

  constructor(makeLink: () => Link) {
    this.#makeLink = makeLink;
  }

  /** Sends a request and gives its number. The host is started where there is none. */
  request(client: number, connection: Connection, request: RequestDescription): number {
    const link = this.#live(request.operation);
    const id = ++this.#lastId;
    const message = this.#encoder.encode(
      id,
      client,
      this.#known.has(client) ? null : connection,
      request,
      link.abilities,
    );
    link.post(message);
    this.#known.add(client);
    this.#calling = id;
    return id;
  }

  /**
   * Blocks until the next message for `id` is there; its bytes are valid until the next call. Raises a
   * {@link BridgeError} where none can come.
   */
  next(id: number, patience: Patience): FromHost {
    const link = this.#link;
    const mail = this.#mail.get(id);
    if (!link || (!mail && id !== this.#calling))
      throw new BridgeError(`${patience.operation}: the bridge has ended`, { operation: patience.operation });
    const kept = mail?.shift();
    if (kept) return kept;
    let activity = link.activity;
    let now = performance.now();
    let since = now;
    let { deadlineAt } = patience;
    // However late it is, what has come meanwhile counts first.
    for (let looked = false; ; ) {
      if (link.activity !== activity) {
        activity = link.activity;
        since = now;
      }
      const limit = link.ready ? patience.silence : Math.min(START_LIMIT, patience.silence);
      const left = Math.min(since + limit, deadlineAt) - now;
      if (left <= 0 && looked) this.#giveUp(link, patience, Math.round(now - since));
      const wait = Math.max(0, Math.min(left, SLICE));
      const message = this.#wait(link, wait, patience);
      if (message) {
        if (message[1] === id) return this.#taken(message);
        this.#keep(message);
        continue;
      }
      looked = true;
      const asked = now + wait;
      now = performance.now();
      // The whole process was stopped: the host has had no more time than this thread.
      if (now - asked > SLICE) {
        since = now;
        deadlineAt = Math.max(deadlineAt, now + GRACE);
      }
    }
  }

  /** So many bytes of a stream were consumed. */
  acknowledge(id: number, size: number): void {
    this.#link?.post(["ack", id, size]);
  }

  /** Nothing more is wanted of the stream `id`. */
  forget(id: number, drop: boolean): void {
    if (!this.#mail.delete(id) || !drop || !this.#link || this.#link.dead) return;
    this.#link.post(["drop", id]);
    this.#link.flush();
  }

  /** A client was closed: its connections go, at once or with the next message. */
  close(client: number, atOnce = true): void {
    if (!this.#known.delete(client) || !this.#link || this.#link.dead) return;
    this.#link.post(["close", client]);
    if (atOnce) this.#link.flush();
  }

  #live(operation: string): Link {
    if (this.#link && !this.#link.dead) return this.#link;
    this.#lost();
    try {
      this.#link = this.#makeLink();
    } catch (error) {
      throw named(error, operation);
    }
    return this.#link;
  }

  #wait(link: Link, milliseconds: number, patience: Patience): FromHost | null {
    try {
      return link.wait(milliseconds);
    } catch (error) {
      // The next call gets a fresh host.
      if (this.#link === link) this.#lost();
      throw named(error, patience.operation);
    }
  }

  #taken(message: FromHost): FromHost {
    if (message[0] === "stream") this.#mail.set(message[1], []);
    return message;
  }

  #keep(message: FromHost): void {
    const mail = this.#mail.get(message[1]);
    mail?.push(message[0] === "chunk" ? ["chunk", message[1], keptBuffer(message[2])] : message);
  }

  #lost(): void {
    this.#link = null;
    this.#calling = 0;
    this.#known = new Set();
    this.#mail.clear();
  }

  /** A host that runs but does nothing is no better than one that has ended: the next call gets a fresh one. */
  #giveUp(link: Link, { operation }: Patience, silent: number): never {
    link.end();
    if (this.#link === link) this.#lost();
    throw new BridgeError(
      link.ready
        ? `${operation}: the bridge gave no sign of life for ${silent} ms, longer than the limits of the call allow`
        : `${operation}: the bridge did not start within ${silent} ms`,
      { operation },
    );
  }
}

/** A link knows no operation; the caller does, and it is the caller's frames that matter. */
function named(error: unknown, operation: string): unknown {
  if (!(error instanceof BridgeError) || error.operation) return error;
  return new BridgeError(`${operation}: ${error.message}`, { operation, cause: error.cause });
}
