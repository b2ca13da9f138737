export type { Mode, Reply, ResponseMode } from "../lib/core/mode";
export type { ClientOptions, KnowledgeBaseOptions, Logger, RequestOptions } from "../lib/core/options";
export { DifyResponse } from "../lib/core/response";
export type { IterLinesOptions, StreamOf } from "../lib/core/streams";
export * from "../lib/public-errors";
export * from "../lib/types";
export { VERSION } from "../lib/version";
export * from "./clients";
export { EventStream } from "./event-stream";
