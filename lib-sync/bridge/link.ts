import type { Abilities } from "./codec";
import type { FromHost, ToHost } from "./protocol";

/** A way to a host: how messages get there and back while the caller's thread is blocked. */
export interface Link {
  readonly abilities: Abilities;
  /** Hands a message over. It goes at once, or with the next `wait`. */
  post(message: ToHost): void;
  /**
   * Blocks until a message comes, at most so many milliseconds; null where none came. Its bytes are valid until the next
   * call. Raises a BridgeError when the host is gone.
   */
  wait(milliseconds: number): FromHost | null;
  /** Sends what waits to be sent. */
  flush(): void;
  /** Changes whenever the host shows a sign of life: as long as it does, waiting makes sense. */
  readonly activity: number;
  /** Whether the host has reported that it runs. */
  readonly ready: boolean;
  /** Whether the host is gone, as far as that is known without waiting. */
  readonly dead: boolean;
  /** Ends the host. */
  end(): void;
}
