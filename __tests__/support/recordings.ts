import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const folder = path.join(__dirname, "..", "fixtures", "recordings");

export interface RecordedAnswer {
  status: number;
  headers: [string, string][];
  body_text?: string;
  chunks?: { t_ms: number; text: string }[];
}

export interface RecordedExchange {
  label: string;
  request: { method: string; path: string; json?: { response_mode?: string }; multipart?: unknown };
  response: RecordedAnswer;
}

/** An exchange and where it was recorded, for instance `"errors/auth.json [2] wrong key"`. */
export interface Recorded extends RecordedExchange {
  name: string;
}

/** Every recorded exchange. */
export function recordedExchanges(): Recorded[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((area) => readdirSync(path.join(folder, area.name)).map((file) => `${area.name}/${file}`))
    .sort()
    .flatMap((file) => {
      const { exchanges } = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as {
        exchanges: RecordedExchange[];
      };
      return exchanges.map((exchange, i) => ({ ...exchange, name: `${file} [${i}] ${exchange.label}` }));
    });
}

/** A stream as the server sent it, and what it holds, taken apart without the library's help. */
export interface RecordedStream {
  name: string;
  path: string;
  body: Buffer;
  /** The transfer chunks, one event each. */
  chunks: Buffer[];
  /** Every event but pings. */
  events: Record<string, unknown>[];
  /** Every line; of a stream with an `error` event the lines up to it, as reading ends there. */
  lines: string[];
  /** The `error` event, where there is one. */
  failure: Record<string, unknown> | undefined;
}

/** Every recorded stream. */
export function recordedStreams(): RecordedStream[] {
  return recordedExchanges().flatMap(({ name, request, response }) =>
    response.chunks ? [asStream(name, request.path, response.chunks)] : [],
  );
}

function asStream(name: string, path: string, recorded: { text: string }[]): RecordedStream {
  const text = recorded.map((chunk) => chunk.text).join("");
  // A real server's framing: nothing but these two kinds of block.
  const blocks = text.split("\n\n");
  if (blocks.pop() !== "") throw new Error(`${name} ends within an event`);
  const events: Record<string, unknown>[] = [];
  const lines: string[] = [];
  let failure: Record<string, unknown> | undefined;
  for (const block of blocks) {
    if (failure) throw new Error(`${name} goes on behind an error`);
    lines.push(block);
    if (block !== "event: ping") {
      if (!block.startsWith("data: ") || block.includes("\n")) throw new Error(`${name}: ${block}`);
      const event = JSON.parse(block.slice(6)) as Record<string, unknown>;
      events.push(event);
      if (event.event === "error") failure = event;
    }
    if (!failure) lines.push("");
  }
  return {
    name,
    path,
    body: Buffer.from(text),
    chunks: recorded.map((chunk) => Buffer.from(chunk.text)),
    events,
    lines,
    failure,
  };
}

/** The same numbers for the same seed, from 0 to below 1: a failure can be had again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Cuts bytes at random places, `count` of them. */
export function cutAtRandom(body: Buffer, count: number, random: () => number): Buffer[] {
  const at = Array.from({ length: count }, () => Math.floor(random() * (body.length + 1))).sort(
    (a, b) => a - b,
  );
  return [0, ...at].map((from, i) => body.subarray(from, at[i] ?? body.length));
}
