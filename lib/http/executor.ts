import type { Executor } from "../core/executor";
import type { LogSink } from "../core/options";
import type { RequestDescription } from "../core/request";
import { type Redact, redactor } from "../core/redaction";
import { settle } from "../core/settle";
import { AsyncEventStream } from "../stream/async-event-stream";
import type { Transport } from "./transport";

/** Carries out requests on this thread's event loop. */
export class AsyncExecutor implements Executor<"async"> {
  readonly #transport: Transport;
  readonly #log: LogSink | null;
  readonly #redact: Redact;

  constructor(transport: Transport, log: LogSink | null, redact: Redact) {
    this.#transport = transport;
    this.#log = log;
    this.#redact = redact;
  }

  async send(prepare: () => RequestDescription): Promise<unknown> {
    const request = prepare();
    const raw = await this.#transport.send(request, this.#log);
    if ("bytes" in raw) return new AsyncEventStream(request, raw, this.#redact);
    const response = settle(request, raw, this.#redact);
    return request.answer === "stream" ? new AsyncEventStream(request, response, this.#redact) : response;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
