import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { Readable } from "node:stream";
import type FormData from "form-data";
import type { Part, PartContent } from "../core/request";

/** A form, ready to be sent once. */
export interface EncodedForm {
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

const CHUNK = 256 * 1024;

/** Whether the parts can be sent a second time. */
export function replayable(parts: readonly Part[] | undefined): boolean {
  return (
    parts?.every((part) => "value" in part || !("stream" in part.content || "fd" in part.content)) ?? true
  );
}

/** Encodes a form as a stream; `onProgress` is called whenever a piece of a file was read. */
export function encodeForm(parts: readonly Part[], onProgress: () => void): EncodedForm {
  // Loaded when an upload happens: it costs more to load than a call.
  const Form = require("form-data") as typeof FormData;
  const form = new Form();
  // On its own, form-data would cut a name at its last slash: httpx and browsers send it as it is.
  Object.assign(form, { _getContentDisposition: disposition });
  form.setBoundary(`dify-dual-${randomBytes(18).toString("hex")}`);
  let known = true;
  for (const part of parts) {
    if ("value" in part) {
      form.append(part.name, part.value);
      continue;
    }
    const size = sizeOf(part.content);
    if (size === undefined) known = false;
    const value = size === 0 ? Buffer.alloc(0) : open(part.content, onProgress);
    form.append(part.name, value, {
      filename: part.filename,
      ...(part.contentType ? { contentType: part.contentType } : {}),
      ...(size ? { knownLength: size } : {}),
    });
  }
  const headers: Record<string, string> = {
    "content-type": `multipart/form-data; boundary=${form.getBoundary()}`,
  };
  if (known) headers["content-length"] = String(form.getLengthSync());
  return { headers, body: form as unknown as Readable };
}

/** A file's name as a parameter, the way httpx writes it. Control characters were refused before. */
function disposition(_value: unknown, { filename }: { filename?: string }): string | undefined {
  return filename && `filename="${filename.replaceAll("\\", "\\\\").replaceAll('"', "%22")}"`;
}

function sizeOf(content: PartContent): number | undefined {
  if ("bytes" in content) return content.bytes.byteLength;
  if ("path" in content) return content.size;
  if ("blob" in content) return content.blob.size;
  return undefined;
}

function open(content: PartContent, onProgress: () => void): Readable {
  // Read as far as announced: a file that grows meanwhile must not break the length.
  if ("path" in content) return readFile(content.path, { end: content.size - 1 }, onProgress);
  if ("fd" in content) return readFile("", { fd: content.fd, autoClose: false }, onProgress);
  const source =
    "bytes" in content ? slices(content.bytes) : "blob" in content ? content.blob.stream() : content.stream;
  return Readable.from(watched(source as AsyncIterable<Uint8Array>, onProgress), {
    objectMode: false,
    highWaterMark: CHUNK,
  });
}

function readFile(path: string, options: object, onProgress: () => void): Readable {
  const read = (...args: Parameters<typeof fs.read>) => {
    onProgress();
    return fs.read(...args);
  };
  // The stream itself has no path: form-data would guess the type from it instead of from the name.
  const open = (_: string, flags: string, mode: number, done: (error: Error | null, fd: number) => void) =>
    fs.open(path, flags, mode, done);
  return fs.createReadStream("", {
    ...options,
    highWaterMark: CHUNK,
    fs: { open, close: fs.close, read } as unknown as NonNullable<
      Parameters<typeof fs.createReadStream>[1] extends infer O
        ? O extends { fs?: infer F }
          ? F
          : never
        : never
    >,
  } as Parameters<typeof fs.createReadStream>[1]);
}

async function* watched(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, onProgress: () => void) {
  for await (const chunk of source) {
    onProgress();
    yield chunk;
  }
}

function* slices(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}
