import { BridgeError } from "../../lib/errors";
import type { Link } from "./link";
import { pack, unpack } from "./parcel";
import type { FromHost, ToHost } from "./protocol";
import { type RpcChild, startChild, withoutInput } from "./rpc-child";

/**
 * A link to a child process, by sync-rpc: each `wait` is one round trip that hands over what was posted and comes
 * back with all that has arrived.
 */
export class ProcessLink implements Link {
  readonly abilities = { blobs: false, descriptors: false };
  readonly ready = true;
  dead = false;
  activity = 0;
  readonly #child: RpcChild;
  #outbox: ToHost[] = [];
  #inbox: FromHost[] = [];

  constructor() {
    this.#child = startChild();
  }

  post(message: ToHost): void {
    this.#outbox.push(message);
  }

  wait(milliseconds: number): FromHost | null {
    // What was posted goes along when all that one round trip brought has been taken.
    if (this.#inbox.length === 0) this.#exchange(milliseconds);
    return this.#inbox.shift() ?? null;
  }

  flush(): void {
    if (this.#outbox.length === 0) return;
    try {
      this.#exchange(0);
    } catch {
      // The host is gone, and with it what was to be dropped.
    }
  }

  end(): void {
    this.dead = true;
    this.#child.end();
  }

  #exchange(hold: number): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    try {
      // How long the child may wait for something to give back, and what was posted.
      const { number, messages } = unpack(
        this.#child.call(pack({ number: Math.round(hold), messages: outbox }), hold),
      );
      // How often the host has shown a sign of life, and what has come.
      this.activity = number;
      for (const message of messages) this.#inbox.push(message as FromHost);
    } catch (cause) {
      this.end();
      throw new BridgeError("the bridge's child process does not answer", { cause: withoutInput(cause) });
    }
  }
}
