import type { Redact } from "./core/redaction";
import type { DifyResponse } from "./core/response";

/** What an error can carry beside its message. */
export interface DifyErrorFields {
  /** HTTP status of the answer that caused the error. */
  statusCode?: number | undefined;
  /** Dify's own error code, for instance `"invalid_param"`. */
  code?: string | undefined;
  /** The answer itself, its body as `text`, `content` and `json()`. */
  response?: DifyResponse<unknown> | undefined;
  /** `X-Trace-Id` of the answer, where the server sends one. */
  requestId?: string | undefined;
  /** The method that was called, for instance `"createChatMessage"`. */
  operation?: string | undefined;
  /** What led to this error, as in every JavaScript error. */
  cause?: unknown;
}

/** The root of all errors this library raises. Python's `DifyClientError`. */
export class DifyClientError extends Error {
  declare readonly statusCode?: number;
  declare readonly code?: string;
  declare readonly response?: DifyResponse<unknown>;
  declare readonly requestId?: string;
  declare readonly operation?: string;

  constructor(message: string, fields: DifyErrorFields = {}) {
    super(message, "cause" in fields && fields.cause !== undefined ? { cause: fields.cause } : undefined);
    const { cause: _, response, ...plain } = fields;
    for (const [name, value] of Object.entries(plain)) {
      if (value !== undefined)
        Object.defineProperty(this, name, { value, enumerable: true, configurable: true });
    }
    // Not enumerable: a logged error shows what happened, not the whole body.
    if (response !== undefined)
      Object.defineProperty(this, "response", { value: response, configurable: true });
  }
}

/** An HTTP answer that reports failure and has no class of its own. Python's `APIError`. */
export class APIError extends DifyClientError {}

/** 401: the key is missing, wrong, or of the wrong kind. Python's `AuthenticationError`. */
export class AuthenticationError extends DifyClientError {}

/** What a {@link RateLimitError} can carry. */
export interface RateLimitErrorFields extends DifyErrorFields {
  /** Milliseconds the server asks to wait, where it says so. */
  retryAfter?: number | undefined;
}

/** 429: too many requests. Python's `RateLimitError`. */
export class RateLimitError extends DifyClientError {
  /** Milliseconds the server asks to wait, where it says so. (Python has the raw header.) */
  declare readonly retryAfter?: number;

  // Only narrows the type of `fields`.
  constructor(message: string, fields: RateLimitErrorFields = {}) {
    super(message, fields);
  }
}

/**
 * Refused input: an argument that was refused before anything was sent (no `statusCode`), or an answer 422.
 * Python's `ValidationError`.
 */
export class ValidationError extends DifyClientError {}

/** No answer came: the connection could not be made, or broke. Python's `NetworkError`. */
export class NetworkError extends DifyClientError {}

/** A time limit passed; the message says which one and how many milliseconds. Python's `TimeoutError`. */
export class TimeoutError extends DifyClientError {}

/** The server refused an upload, or the file could not be read. Python's `FileUploadError`. */
export class FileUploadError extends DifyClientError {}

/** Indexing of a document failed. Python's `DatasetError`. */
export class DatasetError extends DifyClientError {}

/** A workflow run failed. Python's `WorkflowError`. */
export class WorkflowError extends DifyClientError {}

/** What a {@link StreamError} can carry. */
export interface StreamErrorFields extends DifyErrorFields {
  /** The status inside an `error` event (the HTTP status of the stream was 200). */
  status?: number | undefined;
}

/** An `error` event in a stream, a stream that broke, or an answer that is no stream. Python has no such class. */
export class StreamError extends DifyClientError {
  /** The status inside an `error` event (the HTTP status of the stream was 200). */
  declare readonly status?: number;

  // Only narrows the type of `fields`.
  constructor(message: string, fields: StreamErrorFields = {}) {
    super(message, fields);
  }
}

/** The worker or the process behind the blocking family failed. Python has no such class. */
export class BridgeError extends DifyClientError {}

/** Every error class by its name: how an error is rebuilt after it crossed a thread. */
export const ERROR_CLASSES = {
  DifyClientError,
  APIError,
  AuthenticationError,
  RateLimitError,
  ValidationError,
  NetworkError,
  TimeoutError,
  FileUploadError,
  DatasetError,
  WorkflowError,
  StreamError,
  BridgeError,
} as const;

// On the prototypes, and as strings: bundlers that rename classes must not change what a log says.
for (const [name, type] of Object.entries(ERROR_CLASSES)) {
  Object.defineProperty(type.prototype, "name", { value: name, writable: true, configurable: true });
}

const MESSAGE_LIMIT = 2_000;

/** How the answer with a failing status becomes an error. Pure. */
export function errorFromResponse(
  response: DifyResponse<unknown>,
  context: {
    operation?: string;
    upload?: boolean;
    retryAfter?: number | null | undefined;
    redact?: Redact;
  } = {},
): DifyClientError {
  const { statusCode } = response;
  const shown = (text: string) => cut(text, context.redact);
  const { message, code } = describeBody(response, shown);
  const fields = {
    statusCode,
    code,
    response,
    requestId: response.requestId && shown(response.requestId),
    operation: context.operation,
  };
  if (statusCode === 401) return new AuthenticationError(message, fields);
  if (statusCode === 429) {
    return new RateLimitError(message, { ...fields, retryAfter: context.retryAfter ?? undefined });
  }
  if (context.upload) return new FileUploadError(message, fields);
  if (statusCode === 422) return new ValidationError(message, fields);
  return new APIError(message, fields);
}

function describeBody(
  response: DifyResponse<unknown>,
  shown: (text: string) => string,
): { message: string; code?: string } {
  const { statusCode, headers } = response;
  if (statusCode >= 300 && statusCode < 400) {
    return { message: `HTTP ${statusCode}: a redirect to ${originOf(headers.location)} was not followed` };
  }
  const text = response.text.trim();
  const parsed = parseObject(text);
  if (parsed) {
    const said = [parsed.message, parsed.error, parsed.detail].find((v) => typeof v === "string" && v !== "");
    return {
      message: typeof said === "string" ? shown(said) : `HTTP ${statusCode}`,
      ...(typeof parsed.code === "string" ? { code: shown(parsed.code) } : {}),
    };
  }
  if (text.startsWith("<")) {
    // Dify answers so where no route fits: an id that is no UUID, or a path that this server does not have.
    const why =
      statusCode === 404 ? " with a web page: no such path, or an id of the wrong form" : " with a web page";
    return { message: `HTTP ${statusCode}${why}` };
  }
  if (text === "") return { message: `HTTP ${statusCode}` };
  return { message: `HTTP ${statusCode}: ${shown(text)}` };
}

function parseObject(text: string): Record<string, unknown> | null {
  if (!text.startsWith("{")) return null;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}

function originOf(location: string | undefined): string {
  if (!location) return "an unnamed place";
  if (location.startsWith("/") && !location.startsWith("//")) return "another path of the same server";
  const origin = URL.canParse(location) ? new URL(location).origin : "null";
  // "null" is what a URL without a host has: a file, a script.
  return origin === "null" ? "another place" : origin;
}

/** What a server says, as far as a message needs it. */
export function cut(text: string, redact: Redact = String): string {
  return text.length > MESSAGE_LIMIT ? `${redact(text.slice(0, MESSAGE_LIMIT))}...` : redact(text);
}
