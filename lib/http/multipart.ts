import type * as crypto from "node:crypto";
import { Readable } from "node:stream";
import type FormData from "form-data";
import type { Part, PartContent } from "../core/request";
import { CHUNK, FileSource } from "./file-source";

/** A form, ready to be sent once. */
export interface EncodedForm {
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

/** Whether the parts can be sent a second time. */
export function replayable(parts: readonly Part[] | undefined): boolean {
  return (
    parts?.every((part) => "value" in part || !("stream" in part.content || "fd" in part.content)) ?? true
  );
}

/**
 * Encodes a form as a stream; `onProgress` is called whenever a piece of a file was read. With `reuse`, the memory
 * of a piece is used again once the consumer has taken those after it.
 */
export function encodeForm(parts: readonly Part[], reuse: boolean, onProgress: () => void): EncodedForm {
  // Loaded when an upload happens: they cost more to load than a call.
  const Form = require("form-data") as typeof FormData;
  const { randomBytes } = require("node:crypto") as typeof crypto;
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
    const value = size === 0 ? Buffer.alloc(0) : open(part.content, reuse, onProgress);
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

function open(content: PartContent, reuse: boolean, onProgress: () => void): Readable {
  if ("path" in content || "fd" in content) return new FileSource(content, reuse, onProgress);
  const source =
    "bytes" in content ? slices(content.bytes) : "blob" in content ? content.blob.stream() : content.stream;
  return Readable.from(watched(source as AsyncIterable<Uint8Array>, onProgress), {
    objectMode: false,
    highWaterMark: CHUNK,
  });
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
