import type { Connection, LogRecord } from "../../lib/core/request";
import { Roster } from "../../lib/http/roster";
import { type RawStream, Transport } from "../../lib/http/transport";
import type { ByteQueue, Listener } from "../../lib/stream/byte-queue";
import { Cancel } from "./cancel";
import { encodeAnswer, encodeEnd, encodeFailure, encodeStream, RequestDecoder } from "./codec";
import { type FromHost, type ToHost, WINDOW } from "./protocol";

interface OpenClient {
  readonly transport: Transport;
  readonly logging: boolean;
}

/** Pieces of a stream go together up to about so many bytes: each message costs as much as some KB. */
const JOINED = 32 * 1024;

/** What a stream is to the host. */
class OpenStream implements Listener {
  readonly id: number;
  readonly bytes: ByteQueue;
  readonly #onReadable: (stream: OpenStream) => void;
  /** How many of the bytes sent were not consumed yet. */
  unread = 0;
  /** What comes now is taken by whoever is at it already, or at the end of this turn. */
  sending = false;

  constructor(id: number, bytes: ByteQueue, onReadable: (stream: OpenStream) => void) {
    this.id = id;
    this.bytes = bytes;
    this.#onReadable = onReadable;
  }

  onReadable(): void {
    this.#onReadable(this);
  }
}

/**
 * What runs in the worker, or in the child process: the transports of the clients, and their streams. It is only a
 * transport: nothing in it can be reached by name, and nothing of the caller's runs here.
 */
export class Host {
  readonly #send: (message: FromHost) => void;
  readonly #onActivity: () => void;
  readonly #isAwaited: () => boolean;
  readonly #decoder = new RequestDecoder();
  readonly #clients = new Map<number, OpenClient>();
  readonly #streams = new Map<number, OpenStream>();
  /** Requests whose answer has not come, so that they can be dropped. */
  readonly #running = new Roster<Cancel>();

  /** `isAwaited` tells whether the caller has taken all that was sent. */
  constructor(send: (message: FromHost) => void, onActivity: () => void, isAwaited: () => boolean) {
    this.#send = send;
    this.#onActivity = onActivity;
    this.#isAwaited = isAwaited;
  }

  receive(message: ToHost): void {
    switch (message[0]) {
      case "request":
        void this.#request(message);
        break;
      case "ack":
        this.#acknowledge(message[1], message[2]);
        break;
      case "drop":
        this.#drop(message[1]);
        break;
      case "close":
        void this.#clients.get(message[1])?.transport.close();
        this.#clients.delete(message[1]);
        break;
    }
  }

  async #request(message: Extract<ToHost, readonly ["request", ...unknown[]]>): Promise<void> {
    const id = message[1];
    const log: LogRecord[] = [];
    const cancel = new Cancel(id);
    this.#running.add(cancel);
    try {
      const { client, connection, request } = this.#decoder.decode(message, cancel);
      const { transport, logging } = this.#clients.get(client) ?? this.#open(client, connection);
      const sink = logging ? (record: LogRecord) => void log.push(record) : null;
      const raw = await transport.send(request, sink);
      if (cancel.aborted) {
        if ("bytes" in raw) raw.bytes.close();
      } else if ("bytes" in raw) this.#beginStream(id, raw, log);
      else this.#send(encodeAnswer(id, raw, log));
    } catch (error) {
      if (!cancel.aborted) this.#send(encodeFailure(id, error, log));
    } finally {
      this.#running.delete(cancel);
    }
  }

  #open(client: number, connection: Connection | undefined): OpenClient {
    if (!connection) throw new Error("the client is not known here");
    const transport = new Transport(connection, { onActivity: this.#onActivity });
    const opened = { transport, logging: connection.logging };
    this.#clients.set(client, opened);
    return opened;
  }

  #beginStream(id: number, raw: RawStream, log: readonly LogRecord[]): void {
    const stream = new OpenStream(id, raw.bytes, this.#onReadable);
    this.#streams.set(id, stream);
    this.#send(encodeStream(id, raw, log));
    raw.bytes.listener = stream;
    this.#flush(stream);
  }

  readonly #onReadable = (stream: OpenStream): void => {
    if (stream.sending) return;
    // Who waits gets what comes first of a read of the socket at once; the rest of the read goes together, at the end
    // of this turn.
    if (this.#isAwaited()) this.#flush(stream);
    stream.sending = true;
    queueMicrotask(() => {
      stream.sending = false;
      this.#flush(stream);
    });
  };

  #flush(stream: OpenStream): void {
    const { id, bytes, sending } = stream;
    if (!this.#streams.has(id)) return;
    // Taking the last bytes lets the socket go on, which may bring more at once: those must not go before them.
    stream.sending = true;
    while (stream.unread < WINDOW) {
      const chunk = bytes.take(JOINED);
      if (!chunk) break;
      stream.unread += chunk.length;
      this.#send(["chunk", id, chunk]);
    }
    stream.sending = sending;
    if (bytes.done) {
      this.#streams.delete(id);
      this.#send(encodeEnd(id, bytes.error));
    }
  }

  #acknowledge(id: number, size: number): void {
    const stream = this.#streams.get(id);
    if (!stream) return;
    stream.unread -= size;
    this.#flush(stream);
  }

  #drop(id: number): void {
    for (const cancel of this.#running.all()) {
      if (cancel.id === id) cancel.abort(new Error("nobody waits for the answer any more"));
    }
    const stream = this.#streams.get(id);
    if (!stream) return;
    this.#streams.delete(id);
    stream.bytes.listener = null;
    stream.bytes.close();
  }
}
