import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { FromHost, ToHost } from "./protocol";
import { RingReader, RingWriter } from "./ring";

/** A message on the port, with its number; or null, which says nothing but "look". */
export type OnPort<M> = readonly [number: number, message: M] | null;

/**
 * One thread's end of a line to another: messages arrive in order. What is small goes through shared memory, at a
 * fraction of what a port costs; the rest goes over the port, its buffers moved, not copied. Numbers tell which is next.
 */
export class Channel<Out extends ToHost | FromHost, In extends ToHost | FromHost> {
  readonly #port: MessagePort;
  readonly #writer: RingWriter;
  readonly #reader: RingReader;
  #sent = 0;
  #received = 0;
  /** Came over the port, and its turn has not come. */
  #early: OnPort<In> = null;

  constructor(port: MessagePort, outgoing: SharedArrayBuffer, incoming: SharedArrayBuffer) {
    this.#port = port;
    this.#writer = new RingWriter(outgoing);
    this.#reader = new RingReader(incoming);
  }

  /** Sends a message; true where it went over the port, whose event wakes the other thread. */
  send(message: Out): boolean {
    this.#sent = (this.#sent + 1) | 0;
    if (this.#writer.write(this.#sent, message)) return false;
    const { moved, buffers } = movable(message);
    this.#port.postMessage([this.#sent, moved] satisfies OnPort<ToHost | FromHost>, buffers);
    return true;
  }

  /** The other thread has taken, and let go of, all that went through shared memory. */
  get drained(): boolean {
    return this.#writer.drained;
  }

  /** For who listens to the port: what an event brought, to be given by {@link receive} in its turn. */
  accept(message: OnPort<In>): void {
    if (message) this.#early = message;
  }

  /** The next message, or null where none is there. Its bytes are valid until the next call. */
  receive(): In | null {
    this.#reader.release();
    const number = (this.#received + 1) | 0;
    let message = this.#reader.read(number) as In | null;
    if (!message) {
      this.#early ??= this.#fromPort();
      if (this.#early?.[0] === number) {
        message = this.#early[1];
        this.#early = null;
      } else {
        // What says "look" may just have been taken from the port, so it is looked once more. And what came early was
        // sent after what comes next, which therefore is in the ring by now.
        message = this.#reader.read(number) as In | null;
      }
    }
    if (message) this.#received = number;
    return message;
  }

  #fromPort(): OnPort<In> {
    for (;;) {
      const received = receiveMessageOnPort(this.#port) as { message: OnPort<In> } | undefined;
      if (!received) return null;
      if (received.message) return received.message;
    }
  }
}

/** The message with each of its buffers in memory of its own, which can move to the other thread. */
function movable(message: ToHost | FromHost): { moved: ToHost | FromHost; buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const move = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(move);
    if (!ArrayBuffer.isView(value)) return value;
    const alone = standingAlone(value as Uint8Array);
    buffers.push(alone.buffer as ArrayBuffer);
    return alone;
  };
  return { moved: message.map(move) as unknown as ToHost | FromHost, buffers };
}

function standingAlone(bytes: Uint8Array): Uint8Array {
  const { buffer, byteOffset, byteLength } = bytes;
  const alone =
    byteOffset === 0 && byteLength === buffer.byteLength && !(buffer instanceof SharedArrayBuffer);
  return alone ? new Uint8Array(buffer as ArrayBuffer) : new Uint8Array(bytes);
}
