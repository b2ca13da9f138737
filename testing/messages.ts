import { randomUUID } from "node:crypto";
import { isChat } from "./apps";
import { type Answer, type Call, json, success } from "./call";
import { type Feedback, type Message, NO_PARENT } from "./conversation-store";
import { refuse } from "./errors";
import type { Route } from "./router";
import { defaulted, type Fields, integer, oneOf, optional, required, text, uuidOrEmpty } from "./schema";

const LIST_QUERY: Fields = {
  conversation_id: required(uuidOrEmpty()),
  first_id: optional(uuidOrEmpty()),
  limit: defaulted(integer({ ge: 1, le: 100 }), 20),
};

/** The latest messages, oldest first; an earlier page is asked for with the first id of this one. */
function listMessages(call: Call): Answer {
  if (!isChat(call.app)) throw refuse.notChatApp();
  const query = call.checkedQuery("MessageListQuery", LIST_QUERY);
  const conversation = call.state.conversation(call.app, call.user, String(query.conversation_id));
  if (!conversation) throw refuse.notFound("Conversation Not Exists.");
  const { messages } = conversation;
  const limit = query.limit as number;
  let end = messages.length;
  if (query.first_id) {
    end = messages.findIndex((message) => message.id === String(query.first_id).toLowerCase());
    if (end < 0) throw refuse.notFound("First Message Not Exists.");
  }
  const begin = Math.max(0, end - limit);
  return json({ limit, has_more: begin > 0, data: messages.slice(begin, end).map(show) });
}

function show(message: Message) {
  return {
    id: message.id,
    conversation_id: message.conversationId,
    parent_message_id: NO_PARENT,
    inputs: message.inputs,
    query: message.query,
    answer: message.answer,
    feedback: message.feedback ? { rating: message.feedback.rating } : null,
    retriever_resources: [],
    created_at: message.createdAt,
    agent_thoughts: message.thoughts.map((thought) => ({
      id: thought.id,
      chain_id: null,
      message_id: message.id,
      position: thought.position,
      thought: thought.thought,
      tool: thought.tool,
      tool_labels: thought.tool_labels,
      tool_input: thought.tool_input,
      created_at: thought.created_at,
      observation: thought.observation,
      files: [],
    })),
    message_files: message.files,
    status: "normal",
    error: null,
    extra_contents: [],
  };
}

/** The user's own message in the path. */
function ownMessage(call: Call): Message {
  const message = call.state.messages.get(call.param("message_id").toLowerCase());
  if (!message || message.appId !== call.app.id || message.userId !== call.user.id) {
    throw refuse.notFound("Message Not Exists.");
  }
  return message;
}

function suggested(call: Call): Answer {
  if (!isChat(call.app)) throw refuse.notChatApp();
  ownMessage(call);
  // A chatflow has to have this feature switched on; the seeded one has not.
  if (call.app.kind === "chatflow") throw refuse.badRequest("Suggested Questions Is Disabled.");
  return json({ result: "success", data: ["What is Dify?", "How does it work?", "Is it free?"] });
}

const FEEDBACK_REQUEST: Fields = {
  rating: optional(oneOf(["like", "dislike"])),
  content: optional(text()),
};

async function giveFeedback(call: Call): Promise<Answer> {
  const body = await call.payload("MessageFeedbackPayload", FEEDBACK_REQUEST);
  const message = ownMessage(call);
  const rating = body.rating as Feedback["rating"] | null;
  if (rating === null) {
    if (!message.feedback) throw refuse.invalid("rating cannot be None when feedback not exists");
    message.feedback = undefined;
    return success;
  }
  const at = new Date();
  message.feedback = {
    id: message.feedback?.id ?? randomUUID(),
    rating,
    content: (body.content as string | null) ?? null,
    createdAt: message.feedback?.createdAt ?? at,
    updatedAt: at,
  };
  return success;
}

const FEEDBACK_QUERY: Fields = {
  page: defaulted(integer({ ge: 1 }), 1),
  limit: defaulted(integer({ ge: 1, le: 101 }), 20),
};

function appFeedbacks(call: Call): Answer {
  const query = call.checkedQuery("FeedbackListQuery", FEEDBACK_QUERY);
  const page = query.page as number;
  const limit = query.limit as number;
  const rated = [...call.state.messages.values()]
    .filter((message) => message.appId === call.app.id && message.feedback)
    .reverse();
  return json({ data: rated.slice((page - 1) * limit, page * limit).map(showFeedback) });
}

function showFeedback(message: Message) {
  const feedback = message.feedback as Feedback;
  return {
    id: feedback.id,
    app_id: message.appId,
    conversation_id: message.conversationId,
    message_id: message.id,
    rating: feedback.rating,
    content: feedback.content,
    from_source: "user",
    from_end_user_id: message.userId,
    from_account_id: null,
    created_at: feedback.createdAt.toISOString().slice(0, 19),
    updated_at: feedback.updatedAt.toISOString().replace("Z", "000"),
  };
}

const one = "/messages/<uuid:message_id>";

export const messageRoutes: Route[] = [
  { method: "GET", rule: "/messages", key: "app", user: { from: "query" }, handler: listMessages },
  {
    method: "POST",
    rule: `${one}/feedbacks`,
    key: "app",
    user: { from: "json", required: true },
    handler: giveFeedback,
  },
  { method: "GET", rule: "/app/feedbacks", key: "app", handler: appFeedbacks },
  {
    method: "GET",
    rule: `${one}/suggested`,
    key: "app",
    user: { from: "query", required: true },
    handler: suggested,
  },
];
