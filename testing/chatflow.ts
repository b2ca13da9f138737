import { formValues } from "./apps";
import { type Answer, type Call, generated } from "./call";
import { addMessage, beginConversation, type Conversation, type Message } from "./conversation-store";
import { Refusal, refuse } from "./errors";
import { fileOf, fileValue, messageFile, showFiles } from "./files";
import { noUsage, speak, think } from "./model";
import { Run, register, systemInputs } from "./runs";
import { isUuid } from "./schema";
import { now } from "./state";

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

export function conversationName(request: ChatRequest): string {
  if (!request.autoName) return "New conversation";
  const query = request.query.trim();
  return [...query].length > 50 ? `${[...query].slice(0, 47).join("")}...` : query;
}

/** A chatflow's run together with the message that it writes. */
interface FlowTurn {
  run: Run;
  message: Message;
  conversation: Conversation;
  inputs: Record<string, unknown>;
  files: unknown[];
  metadata: Record<string, unknown>;
}

export async function answerChatflow(call: Call, request: ChatRequest): Promise<Answer> {
  checkWorkflowId(call, request.workflowId);
  let turn: FlowTurn;
  try {
    turn = begin(call, request);
  } catch (error) {
    // A streamed run is refused inside the stream, because the answer's head is out by then.
    if (request.streaming && error instanceof Refusal)
      return { kind: "refused stream", message: error.message };
    throw error;
  }
  const running = execute(call, request, turn);
  if (request.streaming) {
    return { kind: "stream", events: turn.run.follow(), pingFirst: true, tail: call.state.options.tail };
  }
  await running;
  const { run, message, conversation } = turn;
  return generated({
    event: "message",
    task_id: run.task.id,
    id: message.id,
    message_id: message.id,
    conversation_id: conversation.id,
    mode: call.app.mode,
    answer: message.answer,
    metadata: turn.metadata,
    created_at: message.createdAt,
  });
}

/** Only the published version can be asked for by its id. */
export function checkWorkflowId(call: Call, id: string): void {
  if (id === "") return;
  if (!isUuid(id)) throw refuse.badRequest(`Invalid workflow_id format: '${id}'. `);
  if (id.toLowerCase() !== call.app.workflowId) throw refuse.notFound(`Workflow not found with id: ${id}`);
}

function begin(call: Call, request: ChatRequest): FlowTurn {
  const { state, app, user } = call;
  const values = formValues(app, request.inputs, (mapping) => fileOf(state, app, user, mapping));
  const files = request.files.map((mapping) => fileOf(state, app, user, mapping));
  const inputs = showFiles(call, values);
  // An unknown conversation is no error here: a new one is begun.
  const conversation =
    state.conversation(app, user, request.conversationId) ??
    beginConversation(state, app, user, inputs, conversationName(request));
  const message = addMessage(state, app, user, conversation, {
    inputs,
    query: request.query,
    files: files.map((file) => messageFile(call, file)),
  });
  const task = state.openTask();
  const run = new Run(app, user, task, inputs, (event, runId) => ({
    event,
    conversation_id: conversation.id,
    message_id: message.id,
    created_at: now(),
    task_id: task.id,
    ...(event.startsWith("message") ? { id: message.id } : { workflow_run_id: runId }),
  }));
  register(state, run);
  return {
    run,
    message,
    conversation,
    inputs,
    files: files.map((file) => fileValue(call, file)),
    metadata: {},
  };
}

/** Runs start, assigner and answer; it goes on when the client is gone. */
async function execute(call: Call, request: ChatRequest, turn: FlowTurn): Promise<void> {
  const { state } = call;
  const { run, message, conversation, inputs } = turn;
  const { task } = run;
  const began = performance.now();
  const turnNumber = conversation.messages.length;
  const system = systemInputs(run, { query: request.query, turn: turnNumber, files: turn.files });
  run.started({ ...inputs, ...system });
  run.node("start", "start", "Start")(inputs, inputs);
  const assigned = run.node("assign", "assigner", "Assign");
  await think(state, task);
  const firstToken = (performance.now() - began) / 1000;
  const counter = task.stopped ? turnNumber : assign(conversation, request.query);
  const pieces = template(request, turn, counter);
  let answer = "";
  let next = 0;
  for await (const piece of speak(
    state,
    task,
    pieces.map(([piece]) => piece),
  )) {
    answer += piece;
    run.emit("message", { answer: piece, from_variable_selector: pieces[next]?.[1] });
    next += 1;
  }
  state.tasks.delete(task.id);
  // Only now: a reader of the messages sees nothing of an answer that is still being written.
  message.answer = answer;
  if (task.stopped) {
    run.finish("stopped", {}, "Stopped by user.");
    run.finished();
    run.close();
    return;
  }
  assigned(ASSIGNER_INPUTS, {}, assignment(request.query, counter));
  const outputs = { answer, files: [] };
  run.node("answer", "answer", "Answer")({}, outputs);
  const generation = (performance.now() - began) / 1000 - firstToken;
  turn.metadata = {
    annotation_reply: null,
    retriever_resources: [],
    usage: noUsage(0, milliseconds(firstToken), milliseconds(generation)),
  };
  run.emit("message_end", { metadata: turn.metadata, files: [] });
  run.finish("succeeded", outputs, null);
  run.finished();
  run.close();
}

/** The answer's text, piece by piece with the variable that each comes from. */
function template(request: ChatRequest, turn: FlowTurn, counter: number): [string, string[]][] {
  const fixed = ["answer", "answer"];
  return [
    ["Hello! You asked: ", fixed],
    [request.query, ["sys", "query"]],
    [". Topic: ", fixed],
    [(turn.inputs.topic as string | null) ?? "", ["start", "topic"]],
    [". This is a deterministic chatflow without a model. User: ", fixed],
    [turn.run.user.name, ["sys", "user_id"]],
    [". Conversation: ", fixed],
    [turn.conversation.id, ["sys", "conversation_id"]],
    [". Turn ", fixed],
    [String(counter), ["conversation", "counter"]],
    [". Bye.", fixed],
  ];
}

/** What the assigner does to the conversation's variables; returns the new counter. */
function assign(conversation: Conversation, query: string): number {
  let counter = 0;
  for (const variable of conversation.variables) {
    if (variable.name === "last_query") variable.value = query;
    else if (variable.name === "counter") variable.value = counter = Number(variable.value) + 1;
    else continue;
    variable.updatedAt = now();
  }
  return counter;
}

const ASSIGNER_INPUTS = {
  type: "assigner",
  title: "Assign",
  desc: "",
  version: "2",
  error_strategy: null,
  default_value: null,
  retry_config: { max_retries: 0, retry_interval: 0, retry_enabled: false },
  items: [
    {
      variable_selector: ["conversation", "last_query"],
      input_type: "variable",
      operation: "over-write",
      value: ["sys", "query"],
    },
    { variable_selector: ["conversation", "counter"], input_type: "constant", operation: "+=", value: 1 },
  ],
  selected: false,
};

function assignment(query: string, counter: number): Record<string, unknown> {
  const updated = (name: string, value_type: string, new_value: unknown) => ({
    name,
    selector: ["conversation", name],
    value_type,
    new_value,
  });
  return {
    last_query: query,
    counter,
    __updated_variables: [updated("last_query", "string", query), updated("counter", "integer", counter)],
  };
}

const milliseconds = (seconds: number): number => Math.round(seconds * 1000) / 1000;
