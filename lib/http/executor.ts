import type { Executor } from "../core/executor";
import type { LogSink } from "../core/options";
import type { RequestDescription } from "../core/request";
import { settle } from "../core/settle";
import { AsyncEventStream } from "../stream/async-event-stream";
import type { Transport } from "./transport";

/** Carries out requests on this thread's event loop. */
export class AsyncExecutor implements Executor<"async"> {
  readonly #transport: Transport;
  readonly #log: LogSink | null;

  constructor(transport: Transport, log: LogSink | null) {
    this.#transport = transport;
    this.#log = log;
  }

  async send(prepare: () => RequestDescription): Promise<unknown> {
    const request = prepare();
    const raw = await this.#transport.send(request, this.#log);
    if ("bytes" in raw) return new AsyncEventStream(request, raw, this.#transport.redact);
    const response = settle(request, raw, this.#transport.redact);
    return request.answer === "stream"
      ? new AsyncEventStream(request, response, this.#transport.redact)
      : response;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}
