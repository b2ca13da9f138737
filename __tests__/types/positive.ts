// Compiled, not run: what must be accepted, and which types come out.
import type { Readable } from "node:stream";
import {
  APIError,
  AsyncChatClient,
  AsyncDifyClient,
  type AsyncEventStream,
  AsyncKnowledgeBaseClient,
  AsyncWorkflowClient,
  type ChatAnswer,
  ChatClient,
  type ChatStreamEvent,
  type CompletionAnswer,
  CompletionClient,
  DifyClient,
  type DifyResponse,
  type EventStream,
  isKnownEvent,
  KnowledgeBaseClient,
  RateLimitError,
  type ResponseMode,
  type StreamOf,
  type WorkflowAnswer,
  WorkflowClient,
} from "dify-dual";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <A, B>(_: Same<A, B>): void => {};

declare const mode: ResponseMode;
declare const stream: Readable;
const message = { inputs: {}, query: "Hello", user: "user_id" };

const chat = new ChatClient("key");
const blocking = chat.createChatMessage(message);
same<typeof blocking, DifyResponse<ChatAnswer>>(true);
const alsoBlocking = chat.createChatMessage({ ...message, response_mode: "blocking" });
same<typeof alsoBlocking, DifyResponse<ChatAnswer>>(true);
const streamed = chat.createChatMessage({ ...message, response_mode: "streaming" });
same<typeof streamed, StreamOf<"sync", ChatStreamEvent>>(true);
const undecided = chat.createChatMessage({ ...message, response_mode: mode });
same<typeof undecided, DifyResponse<ChatAnswer> | StreamOf<"sync", ChatStreamEvent>>(true);
const answer: string = blocking.raiseForStatus().json().answer;
for (const line of streamed.iterLines({ decodeUnicode: true })) line.startsWith("data:");
for (const event of streamed) {
  if (event.event === "message") event.answer.trim();
  if (event.event === "workflow_finished") event.data.status.trim();
  if (isKnownEvent(event)) event.event.trim();
}
const text: string = streamed.text();
const asClass: EventStream<ChatStreamEvent> | null = null;

export async function asynchronous(): Promise<void> {
  await using client = new AsyncChatClient("key", { timeout: 1000, headers: { a: "b" } });
  const whole = await client.createChatMessage(message, { signal: AbortSignal.timeout(1000) });
  same<typeof whole, DifyResponse<ChatAnswer>>(true);
  const events = await client.createChatMessage({ ...message, response_mode: "streaming" });
  same<typeof events, StreamOf<"async", ChatStreamEvent>>(true);
  for await (const event of events) event.event.trim();
  for await (const line of events.aiterLines()) line.trim();
  const all: string = await events.text();
  await client.fileUpload("user_id", { file: ["a.txt", stream, "text/plain"] });
  await client.fileUpload({ user: "user_id", files: { file: { path: "a.txt" } } }, { timeout: 5 });
  const workflow = new AsyncWorkflowClient("key");
  const run = await workflow.run({ inputs: {} });
  for await (const event of run) event.event.trim();
  const result = await workflow.run({ inputs: {}, response_mode: "blocking" });
  same<typeof result, DifyResponse<WorkflowAnswer>>(true);
  await using knowledge = new AsyncKnowledgeBaseClient("key", "dataset-id");
  knowledge.datasetId = "another";
  const documents = await knowledge.listDocuments({ page: 1, page_size: 10 });
  documents.json().data.map((document) => document.name);
  void all;
  const kept: AsyncEventStream<ChatStreamEvent> | null = null;
  void kept;
}

const completion = new CompletionClient("key", "https://dify.example/v1");
const completed = completion.createCompletionMessage({ inputs: { query: "x" }, user: "u" });
same<typeof completed, DifyResponse<CompletionAnswer>>(true);
chat.getAppInfo();
chat.getAppInfo({}, { timeout: 1000 });
chat.messageFeedback({ message_id: "m", rating: null, user: "u" });
chat.renameConversation({ conversation_id: "c", name: "n", user: "u" });
chat.fileUpload("user_id", { file: ["a.txt", "text", "text/plain"] });
chat.fileUpload("user_id", { file: Buffer.from("x") });
{
  using knowledge = new KnowledgeBaseClient("key", "dataset-id", { timeout: 1 });
  knowledge.updateDataset({ name: "n" }).json().name.trim();
}

// A subclass of either family overrides methods, the generic ones included.
export class LoggedChat extends ChatClient {
  override createChatMessage<R extends ResponseMode = "blocking">(
    ...[args, options]: Parameters<typeof ChatClient.prototype.createChatMessage<R>>
  ) {
    return super.createChatMessage<R>(args, { timeout: 5, ...options });
  }

  override stopMessage(...args: Parameters<ChatClient["stopMessage"]>) {
    return super.stopMessage(...args);
  }
}
export class LoggedAsyncChat extends AsyncChatClient {
  override async stopMessage(...args: Parameters<AsyncChatClient["stopMessage"]>) {
    const answer = await super.stopMessage(...args);
    return answer.raiseForStatus();
  }
}
export class LoggedWorkflow extends WorkflowClient {
  override run<R extends ResponseMode = "streaming">(
    ...[args, options]: Parameters<typeof WorkflowClient.prototype.run<R>>
  ) {
    return super.run<R>(args, options);
  }
}
export class LoggedAsyncWorkflow extends AsyncWorkflowClient {
  override run<R extends ResponseMode = "streaming">(
    ...[args, options]: Parameters<typeof AsyncWorkflowClient.prototype.run<R>>
  ) {
    return super.run<R>(args, options);
  }
}
const fromSubclass = new LoggedChat("key").createChatMessage({ ...message, response_mode: "streaming" });
same<typeof fromSubclass, StreamOf<"sync", ChatStreamEvent>>(true);

const error: unknown = null;
if (error instanceof RateLimitError) error.retryAfter?.toFixed();
if (error instanceof APIError) error.response?.text.trim();
new APIError("message", { statusCode: 500 });
const isSync: boolean = chat instanceof DifyClient;
const isAsync: boolean = new AsyncChatClient("key") instanceof AsyncDifyClient;
void [answer, text, isSync, isAsync, asClass];
