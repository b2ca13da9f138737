import type { FakeDify, FakeDifyKeys } from "../../testing";
import { type Exchange, eventsOf, header, type RecordedPart, type Recording } from "./recording";
import { differences, learnIds, withIds } from "./shape";

/** How a recording is to be replayed. */
export interface Replay {
  /** The key of the requests whose key is not said in the recording itself; per exchange, where they differ. */
  key: keyof FakeDifyKeys | ((index: number) => keyof FakeDifyKeys);
  /** Exchanges that are left out, by index: their app or their model has no counterpart in the fake server. */
  skip?: number[];
  /** Only status and headers count for these, by index. */
  statusOnly?: number[];
  /** Differences that are meant to be, as they are reported. */
  known?: RegExp[];
  /** Makes what was there before the recording began, and pairs its ids with the recorded ones. */
  prepare?: (fake: FakeDify, ids: Map<string, string>, recording: Recording) => Promise<void>;
  /** Milliseconds to wait before an exchange, by index. */
  wait?: Record<number, number>;
}

/**
 * Sends a recording's requests to the fake server and returns every difference between the answers.
 * @param ids recorded ids with those that stand for them; grows with every answer
 */
export async function replay(
  recording: Recording,
  fake: FakeDify,
  how: Replay,
  ids: Map<string, string>,
): Promise<string[]> {
  await how.prepare?.(fake, ids, recording);
  const found: string[] = [];
  for (const [index, exchange] of recording.exchanges.entries()) {
    if (how.skip?.includes(index)) continue;
    const key = typeof how.key === "function" ? how.key(index) : how.key;
    const pause = how.wait?.[index];
    if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
    const answer = await send(exchange, fake, fake.keys[key], ids);
    const differ = compare(exchange, answer, ids, how.statusOnly?.includes(index) ?? false);
    for (const difference of differ) {
      const line = `[${index}] ${exchange.label}: ${difference}`;
      if (!how.known?.some((pattern) => pattern.test(line))) found.push(line);
    }
  }
  return found;
}

interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

async function send(
  exchange: Exchange,
  fake: FakeDify,
  key: string,
  ids: Map<string, string>,
): Promise<Answer> {
  const { request } = exchange;
  const url = new URL(withIds(request.path, ids), fake.baseUrl);
  for (const [name, value] of Object.entries(request.query ?? {})) {
    for (const item of Array.isArray(value) ? value : [value])
      url.searchParams.append(name, withIds(String(item), ids));
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (/^authorization$/i.test(name)) headers.set(name, value.replace(/\b\w+-REDACTED$/, key));
    else if (/^content-type$/i.test(name) && !request.multipart) headers.set(name, value);
  }
  const body = bodyOf(exchange, ids, headers);
  // A stream that stays open after its error is given up.
  const patience = AbortSignal.timeout(20_000);
  const response = await fetch(url, { method: request.method, headers, body, signal: patience });
  const text = await readBody(response);
  return { status: response.status, headers: response.headers, text };
}

/** The body as it comes; of a stream that ends with a bare error nothing more is waited for. */
async function readBody(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (/^data: \{"event":"error","message":.*\n\n$/m.test(text)) break;
  }
  return text + decoder.decode();
}

function bodyOf(
  exchange: Exchange,
  ids: Map<string, string>,
  headers: Headers,
): Uint8Array<ArrayBuffer> | string | null {
  const { request } = exchange;
  if (request.multipart) {
    const boundary = "----replayed";
    headers.set("content-type", `multipart/form-data; boundary=${boundary}`);
    return new Uint8Array(multipart(request.multipart, boundary));
  }
  if (request.json !== undefined && request.json !== null) return withIds(JSON.stringify(request.json), ids);
  // As bytes, so that fetch adds no content type of its own.
  if (typeof request.raw_body === "string") return new TextEncoder().encode(request.raw_body);
  return null;
}

function multipart(parts: readonly RecordedPart[], boundary: string): Buffer {
  const pieces: Buffer[] = [];
  for (const part of parts) {
    const name = `name="${part.name}"${part.filename === undefined ? "" : `; filename="${part.filename}"`}`;
    const type = part.content_type ? `\r\nContent-Type: ${part.content_type}` : "";
    pieces.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; ${name}${type}\r\n\r\n`));
    pieces.push(part.value === undefined ? contentOf(part) : Buffer.from(part.value), Buffer.from("\r\n"));
  }
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
}

/** The recording keeps the beginning of a file only. */
function contentOf(part: RecordedPart): Buffer {
  return Buffer.alloc(part.size ?? 0, part.content_head || "a", "latin1");
}

function compare(
  exchange: Exchange,
  answer: Answer,
  ids: Map<string, string>,
  statusOnly: boolean,
): string[] {
  const { response } = exchange;
  if (response.status !== answer.status) {
    return [`${response.status} recorded, ${answer.status} answered: ${answer.text.slice(0, 300)}`];
  }
  const found = compareHeaders(exchange, answer);
  const stream = header(exchange, "content-type")?.startsWith("text/event-stream");
  if (stream)
    return [...found, ...compareStreams(response.body_text ?? chunksOf(exchange), answer.text, ids)];
  const recorded = response.body_text ?? "";
  if (!header(exchange, "content-type")?.startsWith("application/json") || recorded === "") {
    if (
      !response.body_base64 &&
      /html/.test(header(exchange, "content-type") ?? "") &&
      recorded !== answer.text
    ) {
      found.push("the text differs");
    }
    return found;
  }
  const before = JSON.parse(recorded) as unknown;
  const after = JSON.parse(answer.text) as unknown;
  learnIds(before, after, ids);
  if (statusOnly) return found;
  found.push(...differences(before, after));
  // An error's words are part of what a user sees.
  const [said, says] = [withoutFragments(withIds(recorded, ids)), withoutFragments(answer.text)];
  if (response.status >= 400 && said !== says) found.push(`recorded ${said}, answered ${says}`);
  if (recorded.endsWith("\n") !== answer.text.endsWith("\n")) found.push("the line feed at the end");
  return found;
}

/** Without the ids that a message has only a part of, or writes in another way. */
const withoutFragments = (text: string): string =>
  text.replace(/\.\.\.[0-9a-f-]+'\]/, "...'").replace(/_[0-9a-f]{8}(_[0-9a-f]{4}){3}_[0-9a-f]{12}/, "");

const chunksOf = (exchange: Exchange): string =>
  (exchange.response.chunks ?? []).map(({ text }) => text).join("");

function compareHeaders(exchange: Exchange, answer: Answer): string[] {
  const names = ["content-type", "x-version", "x-env", "www-authenticate", "cache-control", "vary"];
  names.push("access-control-allow-origin", "access-control-expose-headers", "transfer-encoding");
  return names.flatMap((name) => {
    const recorded = header(exchange, name) ?? null;
    const given = answer.headers.get(name);
    return recorded === given ? [] : [`header ${name}: ${recorded} recorded, ${given} answered`];
  });
}

/** Compares the events, where words that follow one another count as one. */
function compareStreams(recorded: string, answered: string, ids: Map<string, string>): string[] {
  const before = collapsed(eventsOf(recorded));
  const after = collapsed(eventsOf(answered));
  const names = (events: Record<string, unknown>[]) => events.map(({ event }) => event).join(" ");
  if (names(before) !== names(after)) return [`events: ${names(before)} recorded, ${names(after)} answered`];
  return before.flatMap((event, index) => {
    learnIds(event, after[index], ids);
    return differences(event, after[index], `${event.event}#${index}`);
  });
}

function collapsed(events: Record<string, unknown>[]): Record<string, unknown>[] {
  return events.filter(({ event }, index) => event !== events[index - 1]?.event);
}
