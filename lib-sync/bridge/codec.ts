import { Blob as NodeBlob } from "node:buffer";
import { fstatSync, readSync } from "node:fs";
import { resolve } from "node:path";
import type {
  CancelSignal,
  Connection,
  Limits,
  LogRecord,
  Part,
  PartContent,
  RawAnswer,
  RequestDescription,
} from "../../lib/core/request";
import { FileUploadError, ValidationError } from "../../lib/errors";
import type { RawStream } from "../../lib/http/transport";
import { type EncodedError, encodeError } from "./error-codec";
import type { FromHost, ToHost } from "./protocol";

/** What a bridge can carry beside bytes. */
export interface Abilities {
  /** Blobs cross as they are (a thread), or not at all (a process). */
  readonly blobs: boolean;
  /** The other side has the same file descriptors. */
  readonly descriptors: boolean;
}

type EncodedLimits = [
  number | null,
  number | null,
  number | null,
  number | null,
  number | null,
  number | null,
  boolean,
];

type EncodedPart =
  | { readonly name: string; readonly value: string }
  | {
      readonly name: string;
      readonly filename: string;
      readonly type?: string;
      readonly from: EncodedContent;
    };

/** A content by value, or by its place among the message's bytes or blobs. */
type EncodedContent =
  | { readonly bytes: number }
  | { readonly blob: number }
  | { readonly path: string; readonly size: number }
  | { readonly fd: number };

interface RequestHead
  extends Pick<RequestDescription, "operation" | "method" | "path" | "answer" | "headers" | "secret"> {
  readonly client: number;
  /** Only with the first request of a client. */
  readonly connection: Connection | undefined;
  readonly limits: EncodedLimits;
  readonly parts: readonly EncodedPart[] | undefined;
}

/** What a host learns of a request. */
export interface DecodedRequest {
  readonly client: number;
  readonly connection: Connection | undefined;
  readonly request: RequestDescription;
}

/** What there may be to say of an answer or a stream beside its head. */
interface Rest {
  readonly retryAfter: number | null;
  /** What was logged on the way. */
  readonly log: readonly LogRecord[] | undefined;
}

const NO_REST: Rest = { retryAfter: null, log: undefined };

/** The end of a call or a stream that failed (or that logged something at its end). */
export interface EndHead {
  readonly error?: EncodedError;
  readonly log?: readonly LogRecord[];
}

/**
 * Makes messages of requests. Whoever calls in a loop sends the same head again and again: the last one is kept as text,
 * and the decoder keeps what it made of it.
 */
export class RequestEncoder {
  #head: RequestHead | null = null;
  /** As the caller gave them: the same object stands for the same limits. */
  #limits: Limits | null = null;
  #text = "";

  /** What the caller owns is copied, so that it stays usable; what cannot cross is refused before anything is sent. */
  encode(
    id: number,
    client: number,
    connection: Connection | null,
    request: RequestDescription,
    abilities: Abilities,
  ): ToHost {
    const bytes: Uint8Array[] = [];
    const blobs: Blob[] = [];
    const { operation } = request;
    const parts = request.parts?.map((part) => encodePart(part, { operation, bytes, blobs, abilities }));
    const again = connection === null && parts === undefined && this.#isSame(client, request);
    if (!again) this.#keep(client, connection ?? undefined, request, parts);
    return ["request", id, this.#text, request.json ?? null, bytes, blobs];
  }

  #isSame(client: number, { operation, method, path, answer, limits, headers, secret }: RequestDescription) {
    const head = this.#head;
    return (
      head !== null &&
      head.connection === undefined &&
      head.parts === undefined &&
      head.client === client &&
      head.operation === operation &&
      head.method === method &&
      head.path === path &&
      head.answer === answer &&
      this.#limits === limits &&
      head.headers === headers &&
      head.secret === secret
    );
  }

  #keep(
    client: number,
    connection: Connection | undefined,
    { operation, method, path, answer, limits, headers, secret }: RequestDescription,
    parts: readonly EncodedPart[] | undefined,
  ): void {
    this.#limits = limits;
    this.#head = {
      client,
      connection,
      operation,
      method,
      path,
      answer,
      limits: encodeLimits(limits),
      headers,
      secret,
      parts,
    };
    this.#text = JSON.stringify(this.#head);
  }
}

/** Makes requests of such messages, as the transport takes them. */
export class RequestDecoder {
  #text = "";
  #head: RequestHead | null = null;
  #limits: Limits | null = null;

  decode(message: Extract<ToHost, readonly ["request", ...unknown[]]>, signal: CancelSignal): DecodedRequest {
    const [, , text, json, bytes, blobs] = message;
    if (text !== this.#text) {
      this.#head = JSON.parse(text) as RequestHead;
      this.#limits = decodeLimits(this.#head.limits);
      this.#text = text;
    }
    const head = this.#head as RequestHead;
    const request: RequestDescription = {
      operation: head.operation,
      method: head.method,
      path: head.path,
      json: json ?? undefined,
      parts: head.parts?.map((part) => decodePart(part, bytes, blobs)),
      answer: head.answer,
      limits: this.#limits as Limits,
      headers: head.headers,
      // Only the caller makes errors of answers.
      raiseErrors: false,
      secret: head.secret,
      signal,
    };
    return { client: head.client, connection: head.connection, request };
  }
}

export function encodeAnswer(id: number, raw: RawAnswer, log: readonly LogRecord[]): FromHost {
  const { statusCode, headers, retryAfter, content } = raw;
  return ["answer", id, statusCode, JSON.stringify(headers), encodeRest(retryAfter, log), content];
}

/** The answer in such a message, and what was logged on the way. */
export function decodeAnswer(
  message: Extract<FromHost, readonly ["answer", ...unknown[]]>,
  url: string,
): { raw: RawAnswer; log: Rest["log"] } {
  const [, , statusCode, headers, rest, body] = message;
  const { retryAfter, log } = decodeRest(rest);
  return { raw: new CrossedAnswer(statusCode, headers, url, asBuffer(body), retryAfter), log };
}

export function encodeStream(id: number, raw: RawStream, log: readonly LogRecord[]): FromHost {
  return ["stream", id, raw.statusCode, JSON.stringify(raw.headers), encodeRest(null, log)];
}

/** The head of the stream in such a message, and what was logged on the way. */
export function decodeStream(
  message: Extract<FromHost, readonly ["stream", ...unknown[]]>,
  url: string,
): { head: Omit<RawStream, "bytes">; log: Rest["log"] } {
  const [, , statusCode, headers, rest] = message;
  const head = { statusCode, headers: JSON.parse(headers) as Record<string, string>, url };
  return { head, log: decodeRest(rest).log };
}

export function encodeFailure(id: number, thrown: unknown, log: readonly LogRecord[]): FromHost {
  const head: EndHead = { error: encodeError(thrown), ...(log.length > 0 ? { log } : {}) };
  return ["failure", id, JSON.stringify(head)];
}

/** `error` is null where the stream ended cleanly. */
export function encodeEnd(id: number, error: unknown): FromHost {
  return ["end", id, error === null ? null : JSON.stringify({ error: encodeError(error) } satisfies EndHead)];
}

/** The bytes of a message as a buffer, without a copy. They are valid as long as the message's. */
export function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes of a message to keep: copied where they lie in memory that is shared with the other side. */
export function keptBuffer(bytes: Uint8Array): Buffer {
  return bytes.buffer instanceof SharedArrayBuffer ? Buffer.from(bytes) : asBuffer(bytes);
}

/** An answer whose headers are parsed when somebody asks for them. */
class CrossedAnswer implements RawAnswer {
  readonly #text: string;
  #headers: Record<string, string> | undefined;

  constructor(
    readonly statusCode: number,
    headers: string,
    readonly url: string,
    readonly content: Buffer,
    readonly retryAfter: number | null,
  ) {
    this.#text = headers;
  }

  get headers(): Record<string, string> {
    this.#headers ??= JSON.parse(this.#text) as Record<string, string>;
    return this.#headers;
  }
}

function encodeRest(retryAfter: number | null, log: readonly LogRecord[]): string | null {
  if (retryAfter === null && log.length === 0) return null;
  return JSON.stringify({ retryAfter, log: log.length > 0 ? log : undefined } satisfies Rest);
}

function decodeRest(rest: string | null): Rest {
  return rest === null ? NO_REST : (JSON.parse(rest) as Rest);
}

// Outside of the pool that small buffers share with each other, so that nothing else crosses with it.
function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(bytes.byteLength);
  copy.set(bytes);
  return copy;
}

// JSON has no Infinity: null stands for it.
function encodeLimits(limits: Limits): EncodedLimits {
  const { timeout, connectTimeout, deadline, maxRetries, retryDelay, maxRetryAfter, retryUnsafe } = limits;
  return [timeout, connectTimeout, deadline, maxRetries, retryDelay, maxRetryAfter, retryUnsafe];
}

function decodeLimits(encoded: EncodedLimits): Limits {
  const [timeout, connectTimeout, deadline, maxRetries, retryDelay, maxRetryAfter, retryUnsafe] = encoded;
  const endless = Number.POSITIVE_INFINITY;
  return {
    timeout: timeout ?? endless,
    connectTimeout: connectTimeout ?? endless,
    deadline: deadline ?? endless,
    maxRetries: maxRetries ?? endless,
    retryDelay: retryDelay ?? endless,
    maxRetryAfter: maxRetryAfter ?? endless,
    retryUnsafe,
  };
}

interface PartContext {
  readonly operation: string;
  readonly bytes: Uint8Array[];
  readonly blobs: Blob[];
  readonly abilities: Abilities;
}

function encodePart(part: Part, context: PartContext): EncodedPart {
  if ("value" in part) return part;
  const { name, filename, contentType, content } = part;
  const from = encodeContent(name, content, context);
  return { name, filename, ...(contentType === undefined ? {} : { type: contentType }), from };
}

function encodeContent(name: string, content: PartContent, context: PartContext): EncodedContent {
  const { operation, bytes, blobs, abilities } = context;
  // The other side may have another working directory.
  if ("path" in content) return { path: resolve(content.path), size: content.size };
  if ("bytes" in content) return { bytes: bytes.push(copyOf(content.bytes)) - 1 };
  if ("fd" in content) {
    if (abilities.descriptors) return { fd: content.fd };
    return { bytes: bytes.push(copyOf(readDescriptor(name, content.fd, operation))) - 1 };
  }
  if ("blob" in content) {
    if (abilities.blobs && content.blob instanceof NodeBlob) return { blob: blobs.push(content.blob) - 1 };
    throw new ValidationError(
      `${operation}: ${name} must not be a Blob ${abilities.blobs ? "of this kind" : 'with { bridge: "process" }'}: pass a Buffer or { path }`,
      { operation },
    );
  }
  throw new ValidationError(
    `${operation}: ${name} must not be a stream in a blocking call: pass a Buffer or { path }`,
    {
      operation,
    },
  );
}

function decodePart(part: EncodedPart, bytes: readonly Uint8Array[], blobs: readonly Blob[]): Part {
  if ("value" in part) return part;
  const { name, filename, type, from } = part;
  let content: PartContent;
  if ("bytes" in from) content = { bytes: bytes[from.bytes] as Uint8Array };
  else if ("blob" in from) content = { blob: blobs[from.blob] as Blob };
  else content = from;
  return { name, filename, contentType: type, content };
}

function readDescriptor(name: string, fd: number, operation: string): Buffer {
  const chunks: Buffer[] = [];
  try {
    const step = Math.min(Math.max(fstatSync(fd).size, 64 * 1024), 16 * 1024 * 1024);
    for (;;) {
      const chunk = Buffer.allocUnsafe(step);
      const read = readSync(fd, chunk, 0, step, null);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
    }
  } catch (cause) {
    throw new FileUploadError(`${operation}: ${name} is a file descriptor that cannot be read: ${fd}`, {
      operation,
      cause,
    });
  }
  return Buffer.concat(chunks);
}
