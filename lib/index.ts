export * from "./clients";
export type { Mode, Reply, ResponseMode } from "./core/mode";
export type { ClientOptions, KnowledgeBaseOptions, Logger, RequestOptions } from "./core/options";
export { DifyResponse } from "./core/response";
export type { IterLinesOptions, StreamOf } from "./core/streams";
export * from "./public-errors";
export { AsyncEventStream } from "./stream/async-event-stream";
export * from "./types";
export { VERSION } from "./version";
