import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { StreamAnswer, StreamEvent } from "./call";
import { dumps } from "./python";
import { pause } from "./state";

const PING = "event: ping\n\n";
const PING_EVERY = 10_000;
/** How long a real server keeps a refused stream open. */
const REFUSED_FOR = 300_000;

/** One event in Dify's framing: compact JSON, raw UTF-8, the name inside. */
export function frame(event: StreamEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** Writes a stream, one HTTP chunk an event, until it ends or the client is gone. */
export async function writeStream(
  response: ServerResponse,
  answer: StreamAnswer,
  gone: AbortSignal,
): Promise<void> {
  const pings = setInterval(() => response.write(PING), PING_EVERY);
  try {
    if (answer.pingFirst) response.write(PING);
    for await (const event of answer.events) {
      if (gone.aborted) return;
      const sent = response.write(answer.spaced ? `data: ${dumps(event)}\n\n` : frame(event));
      if (!sent) await Promise.race([once(response, "drain"), abortion(gone)]);
    }
  } finally {
    clearInterval(pings);
  }
  if (answer.tail > 0) await pause(answer.tail);
  response.end();
}

/** A run refused before it started: an `error` event, and then nothing until the client goes or five minutes pass. */
export async function writeRefusedStream(
  response: ServerResponse,
  message: string,
  gone: AbortSignal,
): Promise<void> {
  response.write(PING);
  await pause(0);
  response.write(frame({ event: "error", message, status: 500 }));
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, REFUSED_FOR);
  });
  await Promise.race([limit, abortion(gone)]);
  clearTimeout(timer);
  response.end();
}

function abortion(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
