import { StreamError } from "../errors";
import type { Redact } from "./redaction";
import type { RawAnswer, RequestDescription } from "./request";
import { DifyResponse } from "./response";

/** The answer as the caller sees it. Raises the typed error of a failing status, unless the call says not to. */
export function settle(request: RequestDescription, raw: RawAnswer, redact: Redact): DifyResponse<unknown> {
  const { operation, parts } = request;
  const response = new DifyResponse<unknown>(raw, { operation, upload: parts !== undefined, redact });
  if (raw.statusCode >= 300) {
    if (request.raiseErrors) response.raiseForStatus();
    return response;
  }
  if (request.answer === "stream") {
    const type = raw.headers["content-type"] ?? "no content type";
    throw new StreamError(
      `${request.operation}: an event stream was asked, but the answer is ${type}: ${JSON.stringify(redact(response.text.trimStart().slice(0, 200)))}`,
      { statusCode: raw.statusCode, response, requestId: response.requestId, operation: request.operation },
    );
  }
  return response;
}
