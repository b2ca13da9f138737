import { type DifyClientError, FileUploadError, NetworkError, TimeoutError } from "../errors";
import type { Expiry } from "./watch";

/** Whether the request, or a part of it, may have reached the server. */
export type Phase = "connect" | "sent";

/** An error below HTTP as one of the library's own. `where` is the origin; nothing of the request is shown. */
export function networkFailure(
  cause: unknown,
  phase: Phase,
  operation: string,
  where: string,
): DifyClientError {
  const code = codeOf(cause);
  // With a parser's error comes what the server sent, which may be the very request.
  if (cause instanceof Error && "data" in cause) delete cause.data;
  if (code === "UND_ERR_CONNECT_TIMEOUT") {
    return new TimeoutError(`${operation}: no connection to ${where} within the connect time-out`, {
      operation,
      cause,
    });
  }
  if (code === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH") {
    return new FileUploadError(`${operation}: the file's size changed while it was sent`, {
      operation,
      cause,
    });
  }
  const shown = code ? ` (${code})` : "";
  const what =
    phase === "connect"
      ? `could not connect to ${where}`
      : `the connection to ${where} broke before the answer was complete`;
  return new NetworkError(`${operation}: ${what}${shown}`, { operation, cause });
}

/** A file that could not be read to its end while it was sent. */
export function unreadableFailure(cause: unknown, operation: string): FileUploadError {
  return new FileUploadError(`${operation}: the file could not be read while it was sent`, {
    operation,
    cause,
  });
}

/** A limit that passed, as an error that says which one, how long it was, and in which unit. */
export function expiryFailure(expiry: Expiry, operation: string, where: string): TimeoutError {
  const { limit, milliseconds } = expiry;
  const said = {
    timeout: `no byte came from ${where} for ${milliseconds} ms (timeout, in milliseconds)`,
    connectTimeout: `no connection to ${where} within ${milliseconds} ms (connectTimeout, in milliseconds)`,
    deadline: `not done within ${milliseconds} ms (deadline, in milliseconds)`,
  };
  return new TimeoutError(`${operation}: ${said[limit]}`, { operation });
}

function codeOf(cause: unknown): string | undefined {
  const { code, errors } = (cause ?? {}) as { code?: unknown; errors?: unknown[] };
  if (typeof code === "string") return code;
  // Where a name has several addresses, each has its own error.
  return Array.isArray(errors) && errors.length > 0 ? codeOf(errors[0]) : undefined;
}
