// Files to upload, in a folder of the system's that is removed at the end.
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const PIECE = Buffer.alloc(2 ** 20, "Not quite a picture of a tea pot. ");

let folder;

function open(bytes) {
  if (!folder) {
    folder = mkdtempSync(path.join(tmpdir(), "dify-dual-bench-"));
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  }
  const file = path.join(folder, `${bytes}.bin`);
  return { file, descriptor: openSync(file, "w") };
}

/** A file of so many bytes, all of them written. */
export function writtenFile(bytes) {
  const { file, descriptor } = open(bytes);
  for (let left = bytes; left > 0; ) left -= writeSync(descriptor, PIECE, 0, Math.min(left, PIECE.length));
  closeSync(descriptor);
  return file;
}

/** A file that has a length, and takes no room on the disk where the system can do that. */
export function hollowFile(bytes) {
  const { file, descriptor } = open(bytes);
  ftruncateSync(descriptor, bytes);
  closeSync(descriptor);
  return file;
}
