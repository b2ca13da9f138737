import { setMaxListeners } from "node:events";
import { performance } from "node:perf_hooks";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import type { Dispatcher } from "undici";
import type { LogSink } from "../core/options";
import { type Redact, redactor } from "../core/redaction";
import type { CancelSignal, Connection, RawAnswer, RequestDescription } from "../core/request";
import { DifyClientError } from "../errors";
import { AttemptFailure, attempt, type Open, type RawStream } from "./attempt";
import { logFailure, logOutcome, logRequest } from "./log";
import { replayable } from "./multipart";
import { type Failure, retryWait } from "./retry";
import { Roster } from "./roster";
import { makeDispatcher } from "./undici";

export type { RawStream } from "./attempt";

/** What a transport can be given beside the connection. */
export interface TransportExtras {
  /** To send with, instead of a pool of its own. It stays open when the transport is closed. */
  dispatcher?: Dispatcher | undefined;
  /** Called at every sign of life: an attempt began, bytes moved, a wait for a retry began. */
  onActivity?: (() => void) | undefined;
}

// After so long without a turn of the event loop, sockets may have been closed without anybody seeing it.
const STALE_AFTER = 400;

/** Carries requests to one server: connections, attempts, retries. It knows nothing of endpoints. */
export class Transport {
  readonly #connection: Connection;
  readonly #given: Dispatcher | undefined;
  readonly #onActivity: (() => void) | undefined;
  /** For what is shown of this connection. */
  readonly redact: Redact;
  readonly #open = new Roster<Open>();
  /** Ends of the waits between two attempts. */
  readonly #waits = new Set<() => void>();
  #own: Dispatcher | undefined;
  #lastSeen = 0;
  #closed = false;

  constructor(connection: Connection, extras: TransportExtras = {}) {
    this.#connection = connection;
    this.redact = redactor(connection);
    this.#given = extras.dispatcher;
    this.#onActivity = extras.onActivity;
  }

  /**
   * Sends a request, again where that is safe, and gives the answer whatever its status. Rejects with a
   * {@link DifyClientError} where none came, or with the reason of the request's signal.
   */
  async send(request: RequestDescription, log: LogSink | null): Promise<RawAnswer | RawStream> {
    const { limits, signal } = request;
    const deadlineAt = performance.now() + limits.deadline;
    // One signal for many calls at a time is no leak: Node 20 would warn of it from the eleventh on.
    if (signal instanceof EventTarget) setMaxListeners(0, signal);
    for (let sent = 0; ; sent++) {
      signal?.throwIfAborted();
      this.#refuseClosed(request.operation);
      const start = performance.now();
      if (start - this.#lastSeen > STALE_AFTER && this.#lastSeen !== 0) {
        await turnOfTheLoop();
        this.#refuseClosed(request.operation);
      }
      if (log) logRequest(log, request, sent, this.redact);
      let failure: Failure;
      let error: DifyClientError | null = null;
      let answer: RawAnswer | RawStream | null = null;
      try {
        answer = await attempt(request, this.#context(start, deadlineAt));
        this.#lastSeen = performance.now();
        if (log) logOutcome(log, request, sent, answer, performance.now() - start, this.redact);
        if (answer.statusCode < 300 || "bytes" in answer) return answer;
        failure = { kind: "status", status: answer.statusCode, retryAfter: answer.retryAfter };
      } catch (thrown) {
        // A logger that throws leaves nobody to close the stream.
        if (answer && "bytes" in answer) answer.bytes.close();
        if (!(thrown instanceof AttemptFailure)) throw thrown;
        if (this.#closed) this.#refuseClosed(request.operation);
        error = thrown.toError();
        if (log) logFailure(log, request, sent, error, performance.now() - start, this.redact);
        if (thrown.final) throw error;
        failure = { kind: thrown.phase === "connect" ? "connect" : "lost" };
      }
      const wait = retryWait({
        method: request.method,
        failure,
        attempt: sent,
        maxRetries: limits.maxRetries,
        retryDelay: limits.retryDelay,
        maxRetryAfter: limits.maxRetryAfter,
        retryUnsafe: limits.retryUnsafe,
        replayable: replayable(request.parts),
        random: Math.random(),
      });
      // Waiting past the deadline could only replace what is known by a time-out.
      if (wait === null || performance.now() + wait >= deadlineAt) {
        if (error) throw error;
        return answer as RawAnswer;
      }
      this.#onActivity?.();
      await sleep(wait, signal, this.#waits);
    }
  }

  /** Drops all connections; what is under way fails. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const open of this.#open.all()) open.drop(new DifyClientError("the client was closed"));
    for (const endWait of this.#waits) endWait();
    await this.#own?.destroy();
  }

  #context(now: number, deadlineAt: number) {
    this.#own ??= this.#given ? undefined : makeDispatcher(this.#connection);
    return {
      connection: this.#connection,
      dispatcher: (this.#given ?? this.#own) as Dispatcher,
      ownDispatcher: this.#given === undefined,
      now,
      deadlineAt,
      onActivity: this.#onActivity,
      open: this.#open,
    };
  }

  #refuseClosed(operation: string): void {
    if (this.#closed) throw new DifyClientError(`${operation}: this client is closed`, { operation });
  }
}

/** Lets the event loop see what happened to its sockets. The first turn may end a poll that began long ago. */
function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

function sleep(
  milliseconds: number,
  signal: CancelSignal | undefined,
  waits: Set<() => void>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      waits.delete(end);
      resolve();
    };
    const onAbort = () => {
      reject(signal?.reason);
      end();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener("abort", onAbort, { once: true });
    waits.add(end);
  });
}
