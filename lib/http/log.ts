import type { LogSink } from "../core/options";
import type { Redact } from "../core/redaction";
import type { RawAnswer, RequestDescription } from "../core/request";
import type { DifyClientError } from "../errors";
import type { RawStream } from "./attempt";

const BODY_SHOWN = 2_000;

/** The bodies of a request, at debug level: JSON only, never a file or a credential. */
export function logRequest(log: LogSink, request: RequestDescription, sent: number, redact: Redact): void {
  const fields: Record<string, unknown> = { ...head(request, sent, redact) };
  if (request.json !== undefined) fields.body = request.secret ? "[redacted]" : cut(request.json, redact);
  if (request.parts)
    fields.parts = request.parts.map((part) => redact("value" in part ? part.name : `${part.name} (a file)`));
  log({ level: "debug", message: `${request.method} ${fields.path}`, fields });
}

/** An answer: its status at info level (from 400: warn), its body at debug level. */
export function logOutcome(
  log: LogSink,
  request: RequestDescription,
  sent: number,
  answer: RawAnswer | RawStream,
  duration: number,
  redact: Redact,
): void {
  const fields = {
    ...head(request, sent, redact),
    status: answer.statusCode,
    durationMs: Math.round(duration),
  };
  log({
    level: answer.statusCode >= 400 ? "warn" : "info",
    message: `${request.method} ${fields.path} ${answer.statusCode} in ${fields.durationMs} ms`,
    fields,
  });
  if ("content" in answer && !request.secret && isText(answer.headers["content-type"])) {
    const body = cut(answer.content.subarray(0, BODY_SHOWN + 4).toString("utf8"), redact);
    log({
      level: "debug",
      message: `${request.method} ${fields.path} body`,
      fields: { ...fields, body },
    });
  }
}

/** An attempt that brought no answer. */
export function logFailure(
  log: LogSink,
  request: RequestDescription,
  sent: number,
  error: DifyClientError,
  duration: number,
  redact: Redact,
): void {
  const fields = { ...head(request, sent, redact), error: error.name, durationMs: Math.round(duration) };
  log({
    level: "warn",
    message: `${request.method} ${fields.path} failed: ${redact(error.message)}`,
    fields,
  });
}

function head(request: RequestDescription, sent: number, redact: Redact) {
  const { operation, method } = request;
  return { operation, method, path: redact(pathOf(request)), attempt: sent + 1 };
}

// The query holds user ids and search words; the path is enough to follow what happens.
function pathOf(request: RequestDescription): string {
  const query = request.path.indexOf("?");
  return query === -1 ? request.path : request.path.slice(0, query);
}

function isText(type: string | undefined): boolean {
  return type !== undefined && /json|^text\//i.test(type);
}

function cut(text: string, redact: Redact): string {
  return text.length > BODY_SHOWN ? `${redact(text.slice(0, BODY_SHOWN))}...` : redact(text);
}
