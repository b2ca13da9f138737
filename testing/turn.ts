import { matchingAnnotation } from "./annotations";
import type { App } from "./apps";
import { type Answer, type Call, type StreamEvent, success } from "./call";
import type { Conversation, Message } from "./conversation-store";
import { countTokens, noUsage, speak, think, usage, words } from "./model";
import { now, type State, type Task } from "./state";

/** An answer of a plain chat or agent that is being written. */
export interface Turn {
  state: State;
  app: App;
  task: Task;
  conversation: Conversation | undefined;
  message: Message;
  query: string;
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
  try {
    for await (const piece of speak(state, task, pieces)) {
      said += piece;
      yield { ...head("message", turn), id: message.id, answer: piece, from_variable_selector: null };
    }
  } finally {
    state.tasks.delete(task.id);
  }
  message.answer = said;
  const spent = (performance.now() - began) / 1000;
  const reply = annotation && {
    id: annotation.id,
    account: { id: state.accountId, name: "admin" },
  };
  yield messageEnd(
    turn,
    annotation ? noUsage(spent, null, null) : turnUsage(turn, said, spent),
    reply ?? null,
  );
}

export function messageEnd(
  turn: Turn,
  used: Record<string, unknown>,
  annotationReply: unknown = null,
): StreamEvent {
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

/** Stopping always succeeds, whether or not there is anything to stop. */
export async function stopTask(call: Call): Promise<Answer> {
  const task = call.state.tasks.get(call.param("task_id").toLowerCase());
  if (task) task.stopped = true;
  return success;
}
