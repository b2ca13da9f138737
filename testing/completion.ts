import { formValues } from "./apps";
import { type Answer, type Call, generated } from "./call";
import { addMessage } from "./conversation-store";
import { refuse } from "./errors";
import { fileOf, messageFile, showFiles } from "./files";
import { echo } from "./model";
import { str } from "./python";
import type { Route } from "./router";
import { defaulted, dictionary, type Fields, list, oneOf, optional, required, text } from "./schema";
import { blockingMessage, plainEvents, stopTask, type Turn } from "./turn";

const COMPLETION_REQUEST: Fields = {
  inputs: required(dictionary),
  query: defaulted(text(), ""),
  files: optional(list(dictionary)),
  response_mode: optional(oneOf(["blocking", "streaming"])),
  retriever_from: defaulted(text(), "dev"),
};

async function createCompletion(call: Call): Promise<Answer> {
  const { state, app, user } = call;
  if (app.kind !== "completion") throw refuse.notCompletionApp();
  const body = await call.payload("CompletionRequestPayload", COMPLETION_REQUEST);
  const find = (mapping: unknown) => fileOf(state, app, user, mapping);
  const inputs = formValues(app, body.inputs as Record<string, unknown>, find);
  const files = ((body.files as unknown[] | null) ?? []).map(find);
  const prompt = `Write about ${str(inputs.query)} in ${str(inputs.style)}\n`;
  const message = addMessage(state, app, user, undefined, {
    inputs: showFiles(call, inputs),
    query: body.query as string,
    files: files.map((file) => messageFile(call, file)),
  });
  const turn: Turn = { state, app, task: state.openTask(), conversation: undefined, message, query: prompt };
  const events = plainEvents(turn, echo(prompt));
  if (body.response_mode === "streaming") return { kind: "stream", events, pingFirst: false, tail: 0 };
  return generated(await blockingMessage(turn, events));
}

async function stopCompletion(call: Call): Promise<Answer> {
  if (call.app.kind !== "completion") throw refuse.notCompletionApp();
  return stopTask(call);
}

const user = { from: "json", required: true } as const;

export const completionRoutes: Route[] = [
  { method: "POST", rule: "/completion-messages", key: "app", user, handler: createCompletion },
  {
    method: "POST",
    rule: "/completion-messages/<string:task_id>/stop",
    key: "app",
    user,
    handler: stopCompletion,
  },
];
