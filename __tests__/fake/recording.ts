import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One recorded scenario: exchanges with a real Dify 1.14.2 server. */
export interface Recording {
  area: string;
  scenario: string;
  exchanges: Exchange[];
}

export interface Exchange {
  label: string;
  request: {
    method: string;
    path: string;
    query?: Record<string, unknown> | null;
    headers: Record<string, string>;
    json?: unknown;
    multipart?: RecordedPart[];
    raw_body?: string;
  };
  response: {
    status: number;
    headers: [string, string][];
    body_text?: string;
    body_base64?: string;
    body_json?: unknown;
    chunks?: { t_ms: number; text: string }[];
  };
}

export interface RecordedPart {
  name: string;
  value?: string;
  filename?: string;
  content_type?: string | null;
  size?: number;
  content_head?: string;
}

export function readRecording(name: string): Recording {
  const file = join(__dirname, "..", "fixtures", "recordings", `${name}.json`);
  return JSON.parse(readFileSync(file, "utf8")) as Recording;
}

export function header(exchange: Exchange, name: string): string | undefined {
  return exchange.response.headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

/** The events of a stream, pings as `{ event: "ping" }`. */
export function eventsOf(body: string): Record<string, unknown>[] {
  return body
    .split("\n\n")
    .filter((block) => block !== "")
    .map((block) => {
      if (block === "event: ping") return { event: "ping" };
      if (!block.startsWith("data: ")) throw new Error(`not an event: ${block}`);
      return JSON.parse(block.slice("data: ".length)) as Record<string, unknown>;
    });
}
