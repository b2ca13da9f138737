import { BridgeError } from "../../lib/errors";
import type { Link } from "./link";
import type { FromHost, ToHost } from "./protocol";
import { type RpcChild, startChild, withoutInput } from "./rpc-child";
import { parseText, toText } from "./text-codec";

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

  constructor() {
    this.#child = startChild();
  }

  post(message: ToHost): void {
    this.#outbox.push(message);
  }

  wait(milliseconds: number): readonly FromHost[] {
    return this.#exchange(milliseconds);
  }

  flush(): void {
    if (this.#outbox.length === 0) return;
    try {
      // Nobody waits for messages now; those that come belong to what was dropped.
      this.#exchange(0);
    } catch {
      // The host is gone, and with it what was to be dropped.
    }
  }

  end(): void {
    this.dead = true;
    this.#child.end();
  }

  #exchange(hold: number): readonly FromHost[] {
    const outbox = this.#outbox;
    this.#outbox = [];
    try {
      // How long the child may wait for something to give back, then what was posted.
      const reply = this.#child.call(`${Math.round(hold)}\n${toText(outbox)}`, hold);
      // How often the host has shown a sign of life, then what has come.
      const end = reply.indexOf("\n");
      this.activity = Number(reply.slice(0, end));
      return parseText(reply.slice(end + 1)) as FromHost[];
    } catch (cause) {
      this.end();
      throw new BridgeError("the bridge's child process does not answer", { cause: withoutInput(cause) });
    }
  }
}
