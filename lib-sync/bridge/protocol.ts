/**
 * What crosses a bridge. A message is a tuple of strings, numbers and bytes, never a live object: objects that cross
 * a port belong to another realm in jest, lose their class, or carry more than was meant. Behind its kind each has the
 * number of the call, the stream or the client it belongs to; what comes for a number nobody waits for is dropped.
 */
export type ToHost =
  /** A request: `head` is JSON (see codec), `json` its body, `bytes` and `blobs` the contents of its parts. */
  | readonly ["request", id: number, head: string, json: string | null, bytes: Uint8Array[], blobs: Blob[]]
  /** So many bytes of a stream were consumed. */
  | readonly ["ack", id: number, size: number]
  /** Nobody reads the stream any more. */
  | readonly ["drop", id: number]
  /** A client was closed: its connections go. */
  | readonly ["close", client: number];

export type FromHost =
  /** The worker runs. */
  | readonly ["ready", id: 0]
  /** A whole answer; `headers` is JSON, and `rest` what else there is to say, which is rare. */
  | readonly ["answer", id: number, status: number, headers: string, rest: string | null, body: Uint8Array]
  /** A stream has begun; `chunk`s and one `end` follow. */
  | readonly ["stream", id: number, status: number, headers: string, rest: string | null]
  /** What has arrived of a stream. */
  | readonly ["chunk", id: number, bytes: Uint8Array]
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
