import { agentEvents } from "./agent";
import { formValues, isChat } from "./apps";
import { type Answer, type Call, generated } from "./call";
import { answerChatflow, type ChatRequest, conversationName } from "./chatflow";
import { addMessage, beginConversation } from "./conversation-store";
import { refuse } from "./errors";
import { fileOf, messageFile, showFiles } from "./files";
import { echo } from "./model";
import type { Route } from "./router";
import {
  anything,
  boolean,
  defaulted,
  dictionary,
  type Fields,
  list,
  oneOf,
  optional,
  required,
  text,
  uuidOrEmpty,
} from "./schema";
import { blockingMessage, plainEvents, stopTask, type Turn } from "./turn";

const CHAT_REQUEST: Fields = {
  inputs: required(dictionary),
  query: required(text()),
  files: optional(list(dictionary)),
  response_mode: optional(oneOf(["blocking", "streaming"])),
  conversation_id: optional(uuidOrEmpty("conversation_id must be a valid UUID")),
  retriever_from: defaulted(text(), "dev"),
  auto_generate_name: defaulted(boolean, true),
  workflow_id: optional(text()),
  trace_id: optional(anything),
};

async function createMessage(call: Call): Promise<Answer> {
  if (!isChat(call.app)) throw refuse.notChatApp();
  const body = await call.payload("ChatRequestPayload", CHAT_REQUEST);
  const request: ChatRequest = {
    query: (body.query as string).replaceAll("\0", ""),
    inputs: body.inputs as Record<string, unknown>,
    files: (body.files as unknown[] | null) ?? [],
    streaming: body.response_mode === "streaming",
    conversationId: (body.conversation_id as string | null) ?? "",
    autoName: body.auto_generate_name as boolean,
    workflowId: (body.workflow_id as string | null) ?? "",
  };
  if (request.query === "") throw refuse.invalid("query is required");
  if (call.app.kind === "chatflow") return answerChatflow(call, request);
  if (call.app.kind === "agentChat" && !request.streaming) {
    throw refuse.invalid("Agent Chat App does not support blocking mode");
  }
  return answerPlainly(call, request);
}

async function answerPlainly(call: Call, request: ChatRequest): Promise<Answer> {
  const { state, app, user } = call;
  const known = request.conversationId ? state.conversation(app, user, request.conversationId) : undefined;
  if (request.conversationId && !known) throw refuse.notFound("Conversation Not Exists.");
  const inputs = formValues(app, request.inputs, (mapping) => fileOf(state, app, user, mapping));
  const files = request.files.map((mapping) => fileOf(state, app, user, mapping));
  const conversation =
    known ?? beginConversation(state, app, user, showFiles(call, inputs), conversationName(request));
  const message = addMessage(state, app, user, conversation, {
    inputs: showFiles(call, inputs),
    query: request.query,
    files: files.map((file) => messageFile(call, file)),
  });
  const turn: Turn = { state, app, task: state.openTask(), conversation, message, query: request.query };
  const events = app.kind === "agentChat" ? agentEvents(turn) : plainEvents(turn, echo(request.query));
  if (request.streaming) return { kind: "stream", events, pingFirst: false, tail: 0 };
  return generated(await blockingMessage(turn, events));
}

async function stopMessage(call: Call): Promise<Answer> {
  if (!isChat(call.app)) throw refuse.notChatApp();
  return stopTask(call);
}

const user = { from: "json", required: true } as const;

export const chatRoutes: Route[] = [
  { method: "POST", rule: "/chat-messages", key: "app", user, handler: createMessage },
  { method: "POST", rule: "/chat-messages/<string:task_id>/stop", key: "app", user, handler: stopMessage },
];
