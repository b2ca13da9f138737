import { Blob as NodeBlob } from "node:buffer";
import { type Stats, statSync } from "node:fs";
import { basename } from "node:path";
import type * as streams from "node:stream";
import { types } from "node:util";
import { ValidationError } from "../errors";
import { describe } from "./describe";
import type { Mode } from "./mode";
import type { Part, PartContent } from "./request";

/** The name of a file that has none, as Python's httpx has it. */
const NO_NAME = "upload";

// The same words in both families.
const ACCEPTED =
  "Buffer, Uint8Array, ArrayBuffer, Blob, { path }; a stream in async calls, { fd } in blocking ones";

/** What the check of a file needs to know of the call. */
export interface FileContext {
  /** The argument, for messages. */
  readonly argument: string;
  readonly operation: string;
  readonly mode: Mode;
  /** A bare string is a path. */
  readonly pathAllowed: boolean;
}

/** A file argument in any of its forms as a part of a form. Raises a {@link ValidationError}; reads nothing. */
export function filePart(field: string, value: unknown, context: FileContext): Part {
  if (Array.isArray(value)) return tuplePart(field, value, context);
  if (typeof value === "string") {
    if (context.pathAllowed) return filePart(field, { path: value }, context);
    refuse(context, "must not be a bare string: pass { path } for a file, or [name, content] for text");
  }
  const content = partContent(value, context);
  return part(field, nameOf(value) ?? NO_NAME, typeOf(value), content, context);
}

function tuplePart(field: string, value: readonly unknown[], context: FileContext): Part {
  const [name, given, type] = value;
  if (value.length < 2 || value.length > 3) {
    refuse(context, `must be [name, content] or [name, content, mime type], got ${value.length} items`);
  }
  if (typeof name !== "string" || name === "")
    refuse(context, `[0] must be the file's name, got ${describe(name)}`);
  if (type !== undefined && type !== null && (typeof type !== "string" || type === "")) {
    refuse(context, `[2] must be a mime type, got ${describe(type)}`);
  }
  const content =
    typeof given === "string" ? { bytes: Buffer.from(given, "utf8") } : partContent(given, context, "[1]");
  return part(field, name, (type as string | null) ?? typeOf(given), content, context);
}

function part(
  field: string,
  filename: string,
  contentType: string | undefined,
  content: PartContent,
  context: FileContext,
): Part {
  if (hasControls(filename)) refuse(context, "has a file name with a line break or a control character");
  if (
    contentType !== undefined &&
    !/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w!#$&^.+-]+=([\w!#$&^.+-]+|"[^"\\]*"))*$/.test(contentType)
  ) {
    refuse(context, `has no mime type such as "text/plain": ${JSON.stringify(contentType.slice(0, 100))}`);
  }
  if (hasControls(contentType ?? "")) refuse(context, "has a mime type with a control character");
  return { name: field, filename, contentType, content };
}

function partContent(value: unknown, context: FileContext, at = ""): PartContent {
  if (ArrayBuffer.isView(value)) {
    return { bytes: new Uint8Array(value.buffer, value.byteOffset, value.byteLength) };
  }
  if (types.isAnyArrayBuffer(value)) return { bytes: new Uint8Array(value) };
  if (typeof value !== "object" || value === null) {
    refuse(context, `${at}${at ? " " : ""}must be a file's content (${ACCEPTED}), got ${describe(value)}`);
  }
  if (isBlob(value)) {
    if (context.mode === "sync" && isFileBacked(value)) {
      refuse(context, "must not be a Blob of a file on disk in a blocking call: pass a Buffer or { path }");
    }
    return { blob: value };
  }
  const stream = asStream(value);
  if (stream) {
    if (context.mode === "sync") {
      refuse(context, "must not be a stream in a blocking call: pass a Buffer, { path } or { fd }");
    }
    if (isSpent(value))
      refuse(context, "must not be a stream or a file handle that was read, locked or closed");
    // Nobody listens until it is read: an error before that would end the process. Whoever reads it gets it then.
    return { stream: stream().on("error", () => {}) };
  }
  const { path, fd } = value as { path?: unknown; fd?: unknown };
  if (path !== undefined) return pathContent(path, context);
  if (typeof fd === "number" && Number.isInteger(fd) && fd >= 0) return { fd };
  refuse(context, `must be a file's content (${ACCEPTED}), got ${describe(value)}`);
}

function pathContent(path: unknown, context: FileContext): PartContent {
  if (typeof path !== "string" || path === "") {
    refuse(context, `must have a path that is a string and not empty, got ${describe(path)}`);
  }
  if (path.includes("\0")) refuse(context, "has a path with a NUL character");
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch (cause) {
    const why = (cause as NodeJS.ErrnoException).code === "ENOENT" ? "does not exist" : "cannot be read";
    refuse(context, `names a file that ${why}: ${JSON.stringify(path)}`, cause);
  }
  if (stats.isDirectory()) refuse(context, `names a folder, not a file: ${JSON.stringify(path)}`);
  if (!stats.isFile()) refuse(context, `names something that is no regular file: ${JSON.stringify(path)}`);
  return { path, size: stats.size };
}

function isBlob(value: object): value is Blob {
  const { size, stream, arrayBuffer } = value as Partial<Blob>;
  return typeof size === "number" && typeof stream === "function" && typeof arrayBuffer === "function";
}

/** A Blob that stands for a file on disk cannot go to another thread; there is no other way to tell than to try. */
function isFileBacked(blob: Blob): boolean {
  if (!(blob instanceof NodeBlob)) return false;
  try {
    structuredClone(blob);
    return false;
  } catch {
    return true;
  }
}

/** How to get a stream out of what is one, or of a file handle; undefined for anything else. */
function asStream(value: object): (() => streams.Readable) | undefined {
  const shape = value as Record<"pipe" | "on" | "getReader" | "createReadStream" | "fd", unknown>;
  if (typeof shape.pipe === "function" && typeof shape.on === "function")
    return () => value as streams.Readable;
  if (typeof shape.getReader === "function")
    return () => (require("node:stream") as typeof streams).Readable.fromWeb(value as never);
  if (typeof shape.createReadStream === "function" && typeof shape.fd === "number") {
    const handle = value as { createReadStream(options: object): streams.Readable };
    return () => handle.createReadStream({ autoClose: false, highWaterMark: 256 * 1024 });
  }
  return undefined;
}

/** Sent all the same, such a stream would be an empty file, without a word. */
function isSpent(value: object): boolean {
  const { destroyed, readableEnded, locked, fd } = value as Record<string, unknown>;
  return destroyed === true || readableEnded === true || locked === true || fd === -1;
}

function nameOf(value: unknown): string | undefined {
  const { name, path } = value as { name?: unknown; path?: unknown };
  if (typeof name === "string" && name !== "" && isBlob(value as object)) return name;
  if (typeof path === "string" && path !== "") return basename(path);
  if (Buffer.isBuffer(path)) return basename(path.toString());
  return undefined;
}

function typeOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !isBlob(value)) return undefined;
  return value.type || undefined;
}

/** Whether a part's header cannot carry it. */
export function hasControls(value: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a header
  return /[\x00-\x1f\x7f]/.test(value) || !value.isWellFormed();
}

function refuse(context: FileContext, why: string, cause?: unknown): never {
  const space = why.startsWith("[") ? "" : " ";
  throw new ValidationError(`${context.operation}: ${context.argument}${space}${why}`, {
    operation: context.operation,
    cause,
  });
}
