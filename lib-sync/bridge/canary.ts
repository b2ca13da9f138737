import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";

/**
 * Tells a blocked thread whether a worker lives. A blocked thread gets no events, but a worker that has ended, for
 * whatever reason, has closed its ports, and a port whose other end is closed can be moved no more. A port that was
 * moved leaves its old self behind until the loop turns, which in a thread that only blocks is never; so it is moved
 * only where Node does not say anyway that the other end was there.
 */
export class Canary {
  /** For the worker, which keeps it. */
  readonly theirs: MessagePort;
  #ours: MessagePort;
  // To move the port to this very thread, and so learn whether it can be moved.
  readonly #round = new MessageChannel();

  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.#ours = port1;
    this.theirs = port2;
  }

  get alive(): boolean {
    // Lets the port learn that the other end was closed.
    receiveMessageOnPort(this.#ours);
    // True where another end took the message. No document promises that: any other value decides nothing.
    const taken: unknown = (this.#ours.postMessage as (message: null) => unknown).call(this.#ours, null);
    if (taken === true) return true;
    try {
      this.#round.port1.postMessage(this.#ours, [this.#ours]);
    } catch {
      return false;
    }
    this.#ours = (receiveMessageOnPort(this.#round.port2) as { message: MessagePort }).message;
    return true;
  }

  /** Lets go of the ports. */
  close(): void {
    this.#ours.close();
    this.#round.port1.close();
  }
}
