import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as http from "node:http";
import * as path from "node:path";

/** A part of a form as it came. */
export interface RecordedPart {
  name: string;
  /** null where the part has none. */
  filename: string | null;
  contentType: string | null;
  size: number;
  sha256: string;
  /** The content, up to 64 KB. */
  base64?: string;
  rawHeaders: string[];
  /** What does not fit RFC 7578. */
  fault?: string;
}

/** A request as it came. */
export interface RecordedRequest {
  /** When, in milliseconds of the server's clock. */
  at: number;
  method: string;
  /** What stands in the request line, as it stands there. */
  target: string;
  /** The target up to the `?`, not decoded. */
  path: string;
  /** Decoded, in order. */
  query: [name: string, value: string][];
  headers: Record<string, string>;
  size: number;
  kind: "none" | "json" | "multipart" | "bytes";
  json?: unknown;
  parts?: RecordedPart[];
}

/** What the server shall do with a request, instead of something plausible. */
export interface ScriptedAnswer {
  status?: number;
  headers?: Record<string, string>;
  /** A string as it is, anything else as JSON. */
  body?: unknown;
  /** Milliseconds before the head. */
  wait?: number;
  /** Pieces of the body, each with the milliseconds before it. */
  chunks?: [wait: number, text: string][];
  /** Breaks the connection. */
  reset?: boolean;
  /** Never answers. */
  hang?: boolean;
}

/** A recording server in another process, so that a blocked thread can talk to it. */
export interface Recorder {
  readonly origin: string;
  /** What clients take as `baseUrl`. */
  readonly baseUrl: string;
  /** What came since the last time. */
  take(): Promise<RecordedRequest[]>;
  /** The answers to the next requests; then plausible ones again. */
  script(...answers: ScriptedAnswer[]): Promise<void>;
  stop(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
  const child = spawn(process.execPath, [path.join(__dirname, "recorder-server.cjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const origin = `http://127.0.0.1:${Number(line.toString())}`;
  return {
    origin,
    baseUrl: `${origin}/v1`,
    take: async () => (await control(origin, "take")) as RecordedRequest[],
    script: async (...answers) => void (await control(origin, "script", answers)),
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.stdin?.end();
  await gone;
}

// A connection of its own each time: one kept over a blocking call might be dead by then.
function control(origin: string, command: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { method: "POST", agent: false };
    const request = http.request(`${origin}/__recorder/${command}`, options, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve(JSON.parse(Buffer.concat(chunks).toString()));
    });
    request.on("error", reject);
    request.end(body === undefined ? "" : JSON.stringify(body));
  });
}
