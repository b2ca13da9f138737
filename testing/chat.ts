import { agentEvents } from "./agent";
import { type App, formValues, isChat } from "./apps";
import { type Answer, type Call, type StreamEvent, generated, success } from "./call";
import { answerChatflow } from "./chatflow";
import { type Conversation, type Message, addMessage, beginConversation } from "./conversation-store";
import { refuse } from "./errors";
import { fileOf, fileValue, messageFile } from "./files";
import { countTokens, echo, noUsage, speak, think, usage, words } from "./model";
import type { Route } from "./router";
import { type Fields, anything, defaulted, dictionary, list, oneOf, optional, required, text } from "./schema";
import { uuidOrEmpty } from "./schema";
import { type State, type Task, now } from "./state";
import { boolean } from "./schema";
import { matchingAnnotation } from "./annotations";

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

/** What a chat request asks for, once it is accepted. */
export interface ChatRequest {
  query: string;
  inputs: Record<string, unknown>;
  files: unknown[];
  streaming: boolean;
  conversationId: string;
  autoName: boolean;
  workflowId: string;
}

/** An answer of a plain chat or agent that is being written. */
export interface Turn {
  state: State;
  app: App;
  task: Task;
  conversation: Conversation | undefined;
  message: Message;
  query: string;
}

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
  const known = request.conversationId
    ? state.conversation(app, user, request.conversationId)
    : undefined;
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

/** Runs a generation to its end and makes the blocking answer of it. */
export async function blockingMessage(turn: Turn, events: AsyncIterable<StreamEvent>): Promise<StreamEvent> {
  let metadata: unknown = {};
  for await (const event of events) if (event.event === "message_end") metadata = event.metadata;
  const { app, task, conversation, message } = turn;
  return {
    event: "message",
    task_id: task.id,
    id: message.id,
    message_id: message.id,
    conversation_id: conversation?.id,
    mode: app.mode,
    answer: message.answer,
    metadata,
    created_at: message.createdAt,
  };
}

/**
 * The events of a plain answer. The answer is saved when the last event has been taken: with a client that went
 * away before, it stays empty, as on a real server.
 */
export async function* plainEvents(turn: Turn, answer: string): AsyncGenerator<StreamEvent> {
  const { state, task, message } = turn;
  const began = performance.now();
  const annotation = matchingAnnotation(state, turn.app, turn.query);
  const pieces = annotation ? [...annotation.answer] : [...words(answer), ""];
  await think(state, task);
  let said = "";
  for await (const piece of speak(state, task, pieces)) {
    said += piece;
    yield { ...head("message", turn), id: message.id, answer: piece, from_variable_selector: null };
  }
  state.tasks.delete(task.id);
  message.answer = said;
  const spent = (performance.now() - began) / 1000;
  const reply = annotation && {
    id: annotation.id,
    account: { id: state.accountId, name: "admin" },
  };
  yield messageEnd(turn, annotation ? noUsage(spent, null, null) : turnUsage(turn, said, spent), reply ?? null);
}

export function messageEnd(turn: Turn, used: Record<string, unknown>, annotationReply: unknown = null): StreamEvent {
  return {
    ...head("message_end", turn),
    id: turn.message.id,
    metadata: { annotation_reply: annotationReply, retriever_resources: [], usage: used },
    files: null,
  };
}

/** The usage of a turn: the query, all turns before it, and a prompt of seven words; nothing for a stopped one. */
export function turnUsage(turn: Turn, said: string, spent: number): Record<string, unknown> {
  if (turn.task.stopped) return usage(0, 0, spent);
  const earlier = turn.conversation?.messages.filter((message) => message !== turn.message) ?? [];
  const history = earlier.map((message) => countTokens(message.query) + countTokens(message.answer));
  const prompt = history.reduce((sum, count) => sum + count, countTokens(turn.query));
  return usage(prompt + (turn.conversation ? 7 : 0), countTokens(said), spent);
}

/** The ids that every event of a turn begins with. */
export function head(event: string, turn: Turn): StreamEvent {
  const conversation = turn.conversation ? { conversation_id: turn.conversation.id } : {};
  return { event, ...conversation, message_id: turn.message.id, created_at: now(), task_id: turn.task.id };
}

/** Files among the values, in the form in which a run shows them. */
export function showFiles(call: Call, values: Record<string, unknown>): Record<string, unknown> {
  const show = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(show);
    if (typeof value === "object" && value !== null && "mimeType" in value) return fileValue(call, value as never);
    return value;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, show(value)]));
}

export function conversationName(request: ChatRequest): string {
  if (!request.autoName) return "New conversation";
  const query = request.query.trim();
  return [...query].length > 50 ? `${[...query].slice(0, 47).join("")}...` : query;
}

/** Stopping always succeeds, whether or not there is anything to stop. */
export async function stopTask(call: Call): Promise<Answer> {
  const task = call.state.tasks.get(call.param("task_id").toLowerCase());
  if (task) task.stopped = true;
  return success;
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
