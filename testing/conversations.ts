import { isChat } from "./apps";
import { type Answer, type Call, empty, json } from "./call";
import { type Conversation, type ConversationVariable, touch } from "./conversation-store";
import { refuse } from "./errors";
import { str } from "./python";
import type { Route } from "./router";
import {
  anything,
  boolean,
  defaulted,
  type Fields,
  integer,
  oneOf,
  optional,
  required,
  text,
  uuidOrEmpty,
  valid,
} from "./schema";
import { now } from "./state";

const LIST_QUERY: Fields = {
  last_id: optional(uuidOrEmpty()),
  limit: defaulted(integer({ ge: 1, le: 100 }), 20),
  sort_by: defaulted(oneOf(["created_at", "-created_at", "updated_at", "-updated_at"]), "-updated_at"),
};

function listConversations(call: Call): Answer {
  if (!isChat(call.app)) throw refuse.notChatApp();
  const query = call.checkedQuery("ConversationListQuery", LIST_QUERY);
  const limit = query.limit as number;
  const sortBy = query.sort_by as string;
  const key = sortBy.endsWith("created_at") ? "createdOrder" : "updatedOrder";
  const direction = sortBy.startsWith("-") ? -1 : 1;
  const all = [...call.state.conversations.values()]
    .filter((conversation) => conversation.appId === call.app.id && conversation.userId === call.user.id)
    .sort((a, b) => direction * (a[key] - b[key]));
  let from = 0;
  if (query.last_id) {
    from = all.findIndex((conversation) => conversation.id === String(query.last_id).toLowerCase()) + 1;
    if (from === 0) throw refuse.notFound("Last Conversation Not Exists.");
  }
  return json({
    limit,
    has_more: all.length > from + limit,
    data: all.slice(from, from + limit).map(show),
  });
}

function show(conversation: Conversation) {
  return {
    id: conversation.id,
    name: conversation.name,
    inputs: conversation.inputs,
    status: "normal",
    introduction: conversation.introduction,
    created_at: conversation.createdAt,
    updated_at: conversation.updatedAt,
  };
}

/** The conversation in the path, if it is the user's own. */
export function ownConversation(call: Call): Conversation {
  if (!isChat(call.app)) throw refuse.notChatApp();
  const conversation = call.state.conversation(call.app, call.user, call.param("c_id"));
  if (!conversation) throw refuse.notFound("Conversation Not Exists.");
  return conversation;
}

function deleteConversation(call: Call): Answer {
  const { state } = call;
  const conversation = ownConversation(call);
  for (const message of conversation.messages) state.messages.delete(message.id);
  state.conversations.delete(conversation.id);
  return empty;
}

const RENAME_REQUEST: Fields = { name: optional(text()), auto_generate: defaulted(boolean, false) };

async function rename(call: Call): Promise<Answer> {
  if (!isChat(call.app)) throw refuse.notChatApp();
  const body = await call.payload("ConversationRenamePayload", RENAME_REQUEST, (accepted) => {
    if (accepted.auto_generate || String(accepted.name ?? "").trim() !== "") return undefined;
    return "name is required when auto_generate is false";
  });
  const conversation = ownConversation(call);
  conversation.name = body.auto_generate ? "Fake conversation title" : String(body.name);
  touch(conversation);
  return json(show(conversation));
}

const VARIABLES_QUERY: Fields = {
  last_id: optional(uuidOrEmpty()),
  limit: defaulted(integer({ ge: 1, le: 100 }), 20),
  variable_name: optional(
    valid(
      (name) => /^[\w\-.]{0,255}$/.test(name),
      "Variable name can only contain letters, numbers, hyphens (-), underscores (_), and periods (.)",
    ),
  ),
};

function listVariables(call: Call): Answer {
  if (!isChat(call.app)) throw refuse.notChatApp();
  const query = call.checkedQuery("ConversationVariablesQuery", VARIABLES_QUERY);
  const { variables } = ownConversation(call);
  // A real server's filter by name is broken.
  if (query.variable_name) throw refuse.crash();
  const limit = query.limit as number;
  let rest = variables;
  if (query.last_id) {
    const last = variables.find((variable) => variable.id === String(query.last_id).toLowerCase());
    if (!last) throw refuse.notFound("Conversation Variable Not Exists.");
    // Pages are cut by time of creation, which is the same for all: there is never a second page.
    rest = variables.filter((variable) => variable.createdAt > last.createdAt);
  }
  return json({ limit, has_more: rest.length > limit, data: rest.slice(0, limit).map(showVariable) });
}

function showVariable(variable: ConversationVariable) {
  return {
    id: variable.id,
    name: variable.name,
    value_type: variable.type,
    value: str(variable.value),
    description: variable.description,
    created_at: variable.createdAt,
    updated_at: variable.updatedAt,
  };
}

async function updateVariable(call: Call): Promise<Answer> {
  if (!isChat(call.app)) throw refuse.notChatApp();
  const { value } = await call.payload("ConversationVariableUpdatePayload", { value: required(anything) });
  const id = call.param("variable_id").toLowerCase();
  const variable = ownConversation(call).variables.find((candidate) => candidate.id === id);
  if (!variable) throw refuse.notFound("Conversation Variable Not Exists.");
  if (!fits(variable, value)) {
    throw refuse.badRequest(
      `Type mismatch: variable '${variable.name}' expects ${variable.type}, but got ${nameOfType(value)} type`,
    );
  }
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw refuse.invalid("not supported value type integer");
  }
  variable.value = value;
  variable.updatedAt = now();
  return json(showVariable(variable));
}

function fits(variable: ConversationVariable, value: unknown): boolean {
  if (variable.type !== "array[string]") return nameOfType(value) === variable.type;
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function nameOfType(value: unknown): string {
  if (Array.isArray(value))
    return value.every((item) => typeof item === "string") ? "array[string]" : "array[any]";
  return value === null ? "none" : typeof value;
}

const query = { from: "query" } as const;
const body = { from: "json" } as const;
const one = "/conversations/<uuid:c_id>";

export const conversationRoutes: Route[] = [
  { method: "GET", rule: "/conversations", key: "app", user: query, handler: listConversations },
  { method: "DELETE", rule: one, key: "app", user: body, handler: deleteConversation },
  { method: "POST", rule: `${one}/name`, key: "app", user: body, handler: rename },
  { method: "GET", rule: `${one}/variables`, key: "app", user: query, handler: listVariables },
  {
    method: "PUT",
    rule: `${one}/variables/<uuid:variable_id>`,
    key: "app",
    user: body,
    handler: updateVariable,
  },
];
