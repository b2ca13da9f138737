import type { LogSink } from "../core/options";
import type { Redact } from "../core/redaction";
import type { RawAnswer, RequestDescription } from "../core/request";
import type { DifyClientError } from "../errors";
import type { RawStream } from "./attempt";

const BODY_SHOWN = 2_000;

/** The bodies of a request, at debug level: JSON only, never a file or a credential. */
export function logRequest(log: LogSink, request: RequestDescription, sent: number): void {
  const fields: Record<string, unknown> = { ...head(request, sent) };
  if (request.json !== undefined) fields.body = request.secret ? "[redacted]" : cut(request.json);
  if (request.parts)
    fields.parts = request.parts.map((part) => ("value" in part ? part.name : `${part.name} (a file)`));
  log({ level: "debug", message: `${request.method} ${pathOf(request)}`, fields });
}

/** An answer: its status at info level (from 400: warn), its body at debug level. */
export function logOutcome(
  log: LogSink,
  request: RequestDescription,
  sent: number,
  answer: RawAnswer | RawStream,
  duration: number,
): void {
  const fields = { ...head(request, sent), status: answer.statusCode, durationMs: Math.round(duration) };
  log({
    level: answer.statusCode >= 400 ? "warn" : "info",
    message: `${request.method} ${pathOf(request)} ${answer.statusCode} in ${fields.durationMs} ms`,
    fields,
  });
  if ("content" in answer && !request.secret && isText(answer.headers["content-type"])) {
    const body = cut(answer.content.subarray(0, BODY_SHOWN + 4).toString("utf8"));
    log({
      level: "debug",
      message: `${request.method} ${pathOf(request)} body`,
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
): void {
  const fields = { ...head(request, sent), error: error.name, durationMs: Math.round(duration) };
  log({ level: "warn", message: `${request.method} ${pathOf(request)} failed: ${error.message}`, fields });
}

function head(request: RequestDescription, sent: number) {
  return { operation: request.operation, method: request.method, path: pathOf(request), attempt: sent + 1 };
}

// The query holds user ids and search words; the path is enough to follow what happens.
function pathOf(request: RequestDescription): string {
  const query = request.path.indexOf("?");
  return query === -1 ? request.path : request.path.slice(0, query);
}

function isText(type: string | undefined): boolean {
  return type !== undefined && /json|^text\//i.test(type);
}

function cut(text: string): string {
  return text.length > BODY_SHOWN ? `${text.slice(0, BODY_SHOWN)}...` : text;
}
