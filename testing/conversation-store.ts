import { randomUUID } from "node:crypto";
import type { MessageFile } from "./files";
import { type App, type EndUser, now, type State } from "./state";

export const NO_PARENT = "00000000-0000-0000-0000-000000000000";

export interface Conversation {
  id: string;
  appId: string;
  userId: string;
  name: string;
  inputs: Record<string, unknown>;
  introduction: string;
  createdAt: number;
  updatedAt: number;
  /** Orders conversations of the same second. */
  createdOrder: number;
  updatedOrder: number;
  messages: Message[];
  variables: ConversationVariable[];
}

export interface ConversationVariable {
  id: string;
  name: string;
  type: "string" | "number" | "object" | "array[string]";
  value: unknown;
  description: string;
  createdAt: number;
  updatedAt: number;
}

export interface Message {
  id: string;
  appId: string;
  userId: string;
  conversationId: string;
  inputs: Record<string, unknown>;
  query: string;
  answer: string;
  feedback: Feedback | undefined;
  createdAt: number;
  thoughts: AgentThought[];
  files: MessageFile[];
}

export interface Feedback {
  id: string;
  rating: "like" | "dislike";
  content: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface AgentThought {
  id: string;
  position: number;
  thought: string;
  observation: string;
  tool: string;
  tool_labels: Record<string, unknown>;
  tool_input: string;
  created_at: number;
}

let order = 0;

export function beginConversation(
  state: State,
  app: App,
  user: EndUser,
  inputs: Record<string, unknown>,
  name: string,
): Conversation {
  const at = now();
  order += 1;
  const conversation: Conversation = {
    id: randomUUID(),
    appId: app.id,
    userId: user.id,
    name,
    inputs,
    introduction: app.opening,
    createdAt: at,
    updatedAt: at,
    createdOrder: order,
    updatedOrder: order,
    messages: [],
    variables: app.kind === "chatflow" ? chatflowVariables(at) : [],
  };
  state.conversations.set(conversation.id, conversation);
  return conversation;
}

export function touch(conversation: Conversation): void {
  order += 1;
  conversation.updatedAt = now();
  conversation.updatedOrder = order;
}

export function addMessage(
  state: State,
  app: App,
  user: EndUser,
  conversation: Conversation | undefined,
  fields: Pick<Message, "inputs" | "query" | "files">,
): Message {
  const message: Message = {
    id: randomUUID(),
    appId: app.id,
    userId: user.id,
    conversationId: conversation?.id ?? "",
    answer: "",
    feedback: undefined,
    createdAt: now(),
    thoughts: [],
    ...fields,
  };
  state.messages.set(message.id, message);
  conversation?.messages.push(message);
  if (conversation) touch(conversation);
  return message;
}

function chatflowVariables(at: number): ConversationVariable[] {
  const variable = (
    name: string,
    type: ConversationVariable["type"],
    value: unknown,
    description: string,
  ): ConversationVariable => ({
    id: randomUUID(),
    name,
    type,
    value,
    description,
    createdAt: at,
    updatedAt: at,
  });
  return [
    variable("last_query", "string", "", "the last query"),
    variable("counter", "number", 0, "turn counter"),
    variable("prefs", "object", { lang: "en" }, ""),
    variable("tags", "array[string]", ["a", "b"], ""),
  ];
}
