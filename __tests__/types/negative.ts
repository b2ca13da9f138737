// Compiled, not run: each marked line must be refused.
import { Readable } from "node:stream";
import {
  AsyncChatClient,
  ChatClient,
  CompletionClient,
  KnowledgeBaseClient,
  RateLimitError,
  WorkflowClient,
} from "dify-dual";

const chat = new ChatClient("key");
const client = new AsyncChatClient("key");
const message = { inputs: {}, query: "Hello", user: "user_id" };

// @ts-expect-error query is missing
chat.createChatMessage({ inputs: {}, user: "u" });
// @ts-expect-error camelCase is not the name
chat.createChatMessage({ ...message, conversationId: "c" });
// @ts-expect-error no such mode
chat.createChatMessage({ ...message, response_mode: "stream" });
// @ts-expect-error a wrong type
chat.createChatMessage({ ...message, user: 1 });
// @ts-expect-error files is a list
chat.createChatMessage({ ...message, files: { type: "image" } });
// @ts-expect-error a blocking call cannot be aborted
chat.createChatMessage(message, { signal: AbortSignal.timeout(1) });
// @ts-expect-error a stream cannot cross into a blocking call
chat.fileUpload("u", { file: Readable.from(["x"]) });
// @ts-expect-error a bare string is no file
chat.fileUpload("u", { file: "a.txt" });
// @ts-expect-error rating must be given
chat.messageFeedback({ message_id: "m", user: "u" });
// @ts-expect-error no such rating
chat.messageFeedback({ message_id: "m", rating: "good", user: "u" });
// @ts-expect-error null is nothing that a required argument takes
chat.getSuggested({ message_id: null, user: "u" });
// @ts-expect-error the API's name, not Python's
new KnowledgeBaseClient("key", "id").listDocuments({ limit: 10 });
// @ts-expect-error an option of the blocking family
new AsyncChatClient("key", { bridge: "process" });
// @ts-expect-error an option of the async family
new ChatClient("key", { dispatcher: {} });
// @ts-expect-error datasetId is the knowledge base's
new ChatClient("key", { datasetId: "x" });
// @ts-expect-error an async client has no close()
client.close();
// @ts-expect-error a blocking client has no aclose()
chat.aclose();
// @ts-expect-error the key cannot be read
chat.apiKey;
// @ts-expect-error inputs is required
new WorkflowClient("key").run({ user: "u" });
// @ts-expect-error a whole answer has no events
for (const event of new CompletionClient("key").createCompletionMessage({ inputs: {}, user: "u" }))
  void event;
// @ts-expect-error milliseconds are a number
chat.getAppInfo({}, { timeout: "1s" });
// @ts-expect-error a promise is no answer
client.createChatMessage(message).json();
// @ts-expect-error the stream's own field
new RateLimitError("message", { status: 429 });
export function wrongFamily(): void {
  // @ts-expect-error an async client is closed with await using
  using wrong = new AsyncChatClient("key");
  void wrong;
}
