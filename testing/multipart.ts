/** One part of a `multipart/form-data` body. */
export interface Part {
  name: string;
  /** `undefined` for a plain field. */
  filename: string | undefined;
  contentType: string | undefined;
  /** The whole size, also of what was not kept. */
  size: number;
  /** The bytes up to the part's limit; a bigger part has only its beginning here. */
  content: Buffer;
}

export class MultipartError extends Error {}

const HEADER_LIMIT = 16 * 1024;
const FIELD_LIMIT = 1024 * 1024;

/** The boundary of a content type, if it is `multipart/form-data` with one. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/**
 * Reads a `multipart/form-data` body. Strict, as a fake should be: a missing final boundary, a part without a name,
 * a header without a colon or a stray byte after a boundary is an error, not something to be guessed at.
 *
 * Holds no more of a file than `keep` says, however big the upload is.
 * @param keep how many bytes of a file part to keep
 */
export async function parseMultipart(
  body: AsyncIterable<Buffer>,
  boundary: string,
  keep: (filename: string) => number,
): Promise<Part[]> {
  const parser = new MultipartParser(boundary, keep);
  for await (const chunk of body) parser.push(chunk);
  return parser.end();
}

class MultipartParser {
  private readonly delimiter: Buffer;
  private readonly parts: Part[] = [];
  private state: "start" | "headers" | "body" | "done" = "start";
  private pending: Buffer = Buffer.alloc(0);
  private part: Part | undefined;
  private kept: Buffer[] = [];
  private keptSize = 0;
  private limit = 0;

  constructor(
    boundary: string,
    private readonly keep: (filename: string) => number,
  ) {
    this.delimiter = Buffer.from(`\r\n--${boundary}`, "latin1");
  }

  push(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (this.step());
  }

  end(): Part[] {
    if (this.state !== "done") throw new MultipartError("the body ends before its closing boundary");
    return this.parts;
  }

  /** Whether anything was consumed and another step makes sense. */
  private step(): boolean {
    if (this.state === "start") return this.readStart();
    if (this.state === "headers") return this.readHeaders();
    if (this.state === "body") return this.readBody();
    if (this.pending.length > 0 && !/^(\r\n)?$/.test(this.pending.toString("latin1"))) {
      throw new MultipartError("bytes after the closing boundary");
    }
    return false;
  }

  private readStart(): boolean {
    const first = this.delimiter.subarray(2);
    if (this.pending.length < first.length + 2) return false;
    if (!this.pending.subarray(0, first.length).equals(first)) {
      throw new MultipartError("the body does not begin with its boundary");
    }
    this.pending = this.pending.subarray(first.length);
    return this.afterBoundary();
  }

  /** After a boundary comes a line feed, or two hyphens at the end of the body. */
  private afterBoundary(): boolean {
    const next = this.pending.subarray(0, 2).toString("latin1");
    this.pending = this.pending.subarray(2);
    if (next === "--") this.state = "done";
    else if (next === "\r\n") this.state = "headers";
    else throw new MultipartError("a boundary is followed by neither a line feed nor two hyphens");
    return true;
  }

  private readHeaders(): boolean {
    const end = this.pending.indexOf("\r\n\r\n");
    if (end < 0) {
      if (this.pending.length > HEADER_LIMIT) throw new MultipartError("a part's headers are too long");
      return false;
    }
    const headers = new Map<string, string>();
    for (const line of this.pending.subarray(0, end).toString("utf8").split("\r\n")) {
      const colon = line.indexOf(":");
      if (colon <= 0) throw new MultipartError(`a part has a malformed header: ${line}`);
      headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    }
    const { name, filename } = disposition(headers.get("content-disposition"));
    this.part = {
      name,
      filename,
      contentType: headers.get("content-type"),
      size: 0,
      content: Buffer.alloc(0),
    };
    this.kept = [];
    this.keptSize = 0;
    this.limit = filename === undefined ? FIELD_LIMIT : this.keep(filename);
    this.pending = this.pending.subarray(end + 4);
    this.state = "body";
    return true;
  }

  private readBody(): boolean {
    const at = this.pending.indexOf(this.delimiter);
    if (at >= 0) {
      if (this.pending.length < at + this.delimiter.length + 2) return false;
      this.take(this.pending.subarray(0, at));
      this.pending = this.pending.subarray(at + this.delimiter.length);
      this.finish();
      return this.afterBoundary();
    }
    // The tail may be the beginning of a delimiter.
    const safe = this.pending.length - this.delimiter.length;
    if (safe <= 0) return false;
    this.take(this.pending.subarray(0, safe));
    this.pending = this.pending.subarray(safe);
    return false;
  }

  private take(bytes: Buffer): void {
    const part = this.part as Part;
    part.size += bytes.length;
    const room = this.limit - this.keptSize;
    if (room <= 0 || bytes.length === 0) return;
    const piece = Buffer.from(bytes.subarray(0, room));
    this.kept.push(piece);
    this.keptSize += piece.length;
  }

  private finish(): void {
    const part = this.part as Part;
    part.content = Buffer.concat(this.kept);
    this.parts.push(part);
    this.part = undefined;
  }
}

function disposition(header: string | undefined): { name: string; filename: string | undefined } {
  if (header === undefined || !/^form-data\s*(;|$)/i.test(header)) {
    throw new MultipartError("a part is not form-data");
  }
  const name = parameter(header, "name");
  if (name === undefined) throw new MultipartError("a part has no name");
  const extended = /;\s*filename\*=utf-8''([^;\s]*)/i.exec(header)?.[1];
  return {
    name,
    filename: extended === undefined ? parameter(header, "filename") : decodeURIComponent(extended),
  };
}

function parameter(header: string, key: string): string | undefined {
  const match = new RegExp(`;\\s*${key}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]*))`, "i").exec(header);
  const quoted = match?.[1];
  // Browsers, and after them most libraries, percent-encode quotes and line feeds; some put a backslash.
  if (quoted !== undefined) {
    return quoted.replace(/\\(["\\])/g, "$1").replace(/%22|%0D|%0A/gi, (code) => decodeURIComponent(code));
  }
  return match?.[2];
}
