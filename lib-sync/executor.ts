import type { Executor } from "../lib/core/executor";
import type { LogSink } from "../lib/core/options";
import { type Redact, redactor } from "../lib/core/redaction";
import type { Connection, LogRecord, RequestDescription } from "../lib/core/request";
import { settle } from "../lib/core/settle";
import { BridgeError, DifyClientError } from "../lib/errors";
import { type Bridge, Patience } from "./bridge/bridge";
import { asBuffer, decodeAnswer, decodeStream, type EndHead } from "./bridge/codec";
import { decodeError } from "./bridge/error-codec";
import { type FromHost, WINDOW } from "./bridge/protocol";
import { type ByteFeed, EventStream } from "./event-stream";

let lastClient = 0;

// A client that was forgotten, not closed, must not stay in the host for ever.
const forgotten = new FinalizationRegistry<() => void>((close) => close());

const ACKNOWLEDGED_AT_ONCE = WINDOW / 4;

/** Carries out requests through a bridge, while the caller's thread is blocked. */
export class SyncExecutor implements Executor<"sync"> {
  readonly #client = ++lastClient;
  readonly #bridge: Bridge;
  readonly #connection: Connection;
  readonly #log: LogSink | null;
  readonly #redact: Redact;
  #closed = false;
  readonly #streams = new Set<BridgeFeed>();

  constructor(bridge: Bridge, connection: Connection, log: LogSink | null) {
    this.#bridge = bridge;
    this.#connection = connection;
    this.#log = log;
    this.#redact = redactor(connection);
    const client = this.#client;
    // The set, not the client: a stream goes on when only its client was forgotten, and holds the set.
    forgotten.register(this.#streams, () => bridge.close(client, false), this.#streams);
  }

  send(prepare: () => RequestDescription): unknown {
    const request = prepare();
    const { operation } = request;
    if (this.#closed) throw new DifyClientError(`${operation}: this client is closed`, { operation });
    const patience = new Patience(operation, request.limits);
    const id = this.#bridge.request(this.#client, this.#connection, request);
    const message = this.#bridge.next(id, patience);
    switch (message[0]) {
      case "answer": {
        const { raw, log } = decodeAnswer(message, this.#url(request));
        this.#replay(log);
        const response = settle(request, raw, this.#redact);
        return request.answer === "stream" ? new EventStream(request, response, this.#redact) : response;
      }
      case "stream": {
        const { head, log } = decodeStream(message, this.#url(request));
        const feed = new BridgeFeed(this.#bridge, id, patience, this.#streams);
        try {
          this.#replay(log);
        } catch (error) {
          // A logger that throws leaves nobody to close the stream.
          feed.close();
          throw error;
        }
        return new EventStream(request, { ...head, feed }, this.#redact);
      }
      case "failure": {
        const { error, log } = JSON.parse(message[2]) as EndHead;
        this.#replay(log);
        throw error
          ? decodeError(error)
          : new BridgeError(`${operation}: the bridge reports no reason`, { operation });
      }
      default:
        throw new BridgeError(`${operation}: the bridge sent "${message[0]}" for an answer`, { operation });
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    forgotten.unregister(this.#streams);
    for (const stream of this.#streams) stream.clientClosed();
    this.#streams.clear();
    this.#bridge.close(this.#client);
  }

  #url(request: RequestDescription): string {
    return this.#connection.origin + this.#connection.basePath + request.path;
  }

  /** What was logged on the other side, in order, now that the caller runs again. */
  #replay(records: readonly LogRecord[] | undefined): void {
    if (this.#log && records) for (const record of records) this.#log(record);
  }
}

/** The bytes of a stream, as they come over the bridge. */
class BridgeFeed implements ByteFeed {
  readonly #bridge: Bridge;
  readonly #id: number;
  readonly #patience: Patience;
  readonly #open: Set<BridgeFeed>;
  #consumed = 0;
  #over = false;
  #closed = false;
  #clientClosed = false;

  constructor(bridge: Bridge, id: number, patience: Patience, open: Set<BridgeFeed>) {
    this.#bridge = bridge;
    this.#id = id;
    this.#patience = patience;
    this.#open = open;
    open.add(this);
  }

  read(): Buffer | null {
    const { operation } = this.#patience;
    if (this.#clientClosed) throw new DifyClientError(`${operation}: the client was closed`, { operation });
    if (this.#over) return null;
    let message: FromHost;
    try {
      message = this.#bridge.next(this.#id, this.#patience);
    } catch (error) {
      this.#end(false);
      throw error;
    }
    if (message[0] === "chunk") {
      const bytes = asBuffer(message[2]);
      this.#consumed += bytes.length;
      // Waking the other side costs more than parsing what came: a part of the window at a time is enough.
      if (this.#consumed >= ACKNOWLEDGED_AT_ONCE) {
        this.#bridge.acknowledge(this.#id, this.#consumed);
        this.#consumed = 0;
      }
      return bytes;
    }
    this.#end(false);
    if (message[0] === "end") {
      const { error } = JSON.parse(message[2] ?? "{}") as EndHead;
      if (error) throw decodeError(error);
      return null;
    }
    throw new BridgeError(`${operation}: the bridge sent "${message[0]}" within a stream`, { operation });
  }

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
    this.#end(true);
  }

  clientClosed(): void {
    this.#clientClosed = true;
    this.#end(false);
  }

  #end(drop: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#open.delete(this);
    this.#bridge.forget(this.#id, drop);
  }
}
