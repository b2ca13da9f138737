/**
 * What crosses a bridge. A message is a tuple of strings, numbers and bytes, never a live object: objects that cross
 * a port belong to another realm in jest, lose their class, or carry more than was meant. Every message but the
 * first has the number of the call or stream it belongs to; what comes for a number nobody waits for is dropped.
 */
export type ToHost =
  /** A request: `head` is JSON (see codec), `json` its body, `bytes` and `blobs` the contents of its parts. */
  | readonly ["request", id: number, head: string, json: string | null, bytes: ArrayBuffer[], blobs: Blob[]]
  /** So many bytes of a stream were consumed. */
  | readonly ["ack", id: number, size: number]
  /** Nobody reads the stream any more. */
  | readonly ["drop", id: number]
  /** A client was closed: its connections go. */
  | readonly ["close", client: number];

export type FromHost =
  /** The worker runs. */
  | readonly ["ready", id: 0]
  /** A whole answer; `head` is JSON. A small body comes as a Latin-1 string, one character a byte. */
  | readonly ["answer", id: number, head: string, body: ArrayBuffer | string]
  /** A stream has begun; `chunk`s and one `end` follow. */
  | readonly ["stream", id: number, head: string]
  /** What has arrived of a stream. */
  | readonly ["chunk", id: number, bytes: ArrayBuffer]
  /** A stream has ended; `head` holds the error if it broke. */
  | readonly ["end", id: number, head: string | null]
  /** No answer came; `head` holds the error. */
  | readonly ["failure", id: number, head: string]
  /** The worker is about to end, and why. */
  | readonly ["dying", id: 0, head: string];

/**
 * How many bytes of a stream may be under way, unread: enough to keep a fast reader busy, little enough that a
 * stalled one holds the server instead of the memory.
 */
export const WINDOW = 512 * 1024;

/** The buffers of a message that move with it instead of being copied. */
export function transferOf(message: ToHost | FromHost): ArrayBuffer[] | undefined {
  switch (message[0]) {
    case "request":
      return message[4].length > 0 ? message[4] : undefined;
    case "answer":
      return typeof message[3] === "string" ? undefined : [message[3]];
    case "chunk":
      return [message[2]];
    default:
      return undefined;
  }
}
