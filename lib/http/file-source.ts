import * as fs from "node:fs";
import { Readable } from "node:stream";

/** How much is read at once. */
export const CHUNK = 256 * 1024;
/**
 * So many buffers go round, so that memory does not grow with the file. A chunk is larger than what a socket takes
 * before it asks to wait, so when the third after it is read, it has been written: of the two between, one waits in
 * this stream, and one is being read.
 */
const BUFFERS = 4;

/** What is read: a file by its path, up to an announced size, or an open descriptor up to its end. */
export type FileSourceInput =
  | { readonly path: string; readonly size: number }
  | { readonly fd: number; readonly size?: never };

/** A file as a stream that reads ahead by one chunk. A descriptor from outside stays open. */
export class FileSource extends Readable {
  readonly #input: FileSourceInput;
  readonly #onProgress: () => void;
  #reuse: boolean;
  readonly #buffers: Buffer[] = [];
  #fd = -1;
  #at = 0;
  #reads = 0;

  /** With `reuse`, a chunk's memory is used again: only for a consumer that waits until each was written. */
  constructor(input: FileSourceInput, reuse: boolean, onProgress: () => void) {
    super({ highWaterMark: CHUNK });
    this.#input = input;
    this.#reuse = reuse;
    this.#onProgress = onProgress;
  }

  override _construct(callback: (error?: Error | null) => void): void {
    if ("fd" in this.#input) {
      this.#fd = this.#input.fd;
      callback();
      return;
    }
    fs.open(this.#input.path, "r", (error, fd) => {
      this.#fd = fd;
      callback(error);
    });
  }

  override _read(): void {
    const { size } = this.#input;
    // As far as announced: a file that grows meanwhile must not break the length.
    const wanted = size === undefined ? CHUNK : Math.min(CHUNK, size - this.#at);
    if (wanted === 0) {
      this.push(null);
      return;
    }
    const buffer = this.#buffer();
    this.#onProgress();
    fs.read(this.#fd, buffer, 0, wanted, size === undefined ? null : this.#at, (error, read) => {
      if (error) {
        this.destroy(error);
        return;
      }
      this.#at += read;
      // Some file systems give less at a time; such chunks are too small for a socket to ask to wait.
      if (read < wanted) this.#reuse = false;
      this.push(read === 0 ? null : buffer.subarray(0, read));
    });
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if ("fd" in this.#input || this.#fd < 0) callback(error);
    else fs.close(this.#fd, (failure) => callback(error ?? failure));
  }

  #buffer(): Buffer {
    if (!this.#reuse) return Buffer.allocUnsafeSlow(CHUNK);
    const at = this.#reads++ % BUFFERS;
    this.#buffers[at] ??= Buffer.allocUnsafeSlow(CHUNK);
    return this.#buffers[at];
  }
}
