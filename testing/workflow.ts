import { formValues, hasGraph } from "./apps";
import { type Answer, type Call, generated, json } from "./call";
import { checkWorkflowId } from "./chatflow";
import { Refusal, refuse } from "./errors";
import { fileOf, showFiles } from "./files";
import { speak, think, words } from "./model";
import { dumps, isRecord } from "./python";
import type { Route } from "./router";
import { Run, register, systemInputs } from "./runs";
import {
  defaulted,
  dictionary,
  type Fields,
  integer,
  isUuid,
  list,
  oneOf,
  optional,
  required,
  text,
} from "./schema";
import { stopTask } from "./turn";

const RUN_REQUEST: Fields = {
  inputs: required(dictionary),
  files: optional(list(dictionary)),
  response_mode: optional(oneOf(["blocking", "streaming"])),
};

async function runWorkflow(call: Call): Promise<Answer> {
  if (call.app.kind !== "workflow") throw refuse.notWorkflowApp();
  const body = await call.payload("WorkflowRunPayload", RUN_REQUEST);
  checkWorkflowId(call, call.param("workflow_id"));
  const streaming = body.response_mode === "streaming";
  let run: Run;
  try {
    run = begin(call, body);
  } catch (error) {
    // A streamed run is refused inside the stream, because the answer's head is out by then.
    if (streaming && error instanceof Refusal) return { kind: "refused stream", message: error.message };
    throw error;
  }
  const running = execute(call, run);
  if (streaming)
    return { kind: "stream", events: run.follow(), pingFirst: true, tail: call.state.options.tail };
  await running;
  return generated({
    task_id: run.task.id,
    workflow_run_id: run.id,
    data: {
      id: run.id,
      workflow_id: call.app.workflowId,
      status: run.status === "stopped" ? "failed" : run.status,
      outputs: run.outputs,
      error: run.error,
      elapsed_time: run.seconds,
      total_tokens: 0,
      total_steps: run.steps,
      created_at: run.createdAt,
      finished_at: run.finishedAt,
    },
  });
}

function begin(call: Call, body: Record<string, unknown>): Run {
  const { state, app, user } = call;
  const find = (mapping: unknown) => fileOf(state, app, user, mapping);
  const values = formValues(app, body.inputs as Record<string, unknown>, find);
  for (const mapping of (body.files as unknown[] | null) ?? []) find(mapping);
  const task = state.openTask();
  const run = new Run(app, user, task, showFiles(call, values), (event, runId) => ({
    event,
    workflow_run_id: runId,
    task_id: task.id,
  }));
  register(state, run);
  return run;
}

/** Runs start, template and end; it goes on when the client is gone. */
async function execute(call: Call, run: Run): Promise<void> {
  const { state } = call;
  const { task, inputs } = run;
  run.started({ ...inputs, ...systemInputs(run) });
  run.node("start", "start", "Start")(inputs, inputs);
  const templated = run.node("tpl", "template-transform", "Template");
  await think(state, task);
  const result = `Hello ${String(inputs.text)}!`;
  for await (const piece of speak(state, task, words(result))) {
    run.emit("text_chunk", { data: { text: piece, from_variable_selector: ["tpl", "output"] } });
  }
  state.tasks.delete(task.id);
  if (task.stopped) {
    run.finish("stopped", {}, "Aborted: User requested stop");
    // The stream calls it a failure, the run's detail says that it was stopped.
    run.finished("failed");
    run.close();
    return;
  }
  const doc = inputs.doc ?? null;
  run.emit("text_chunk", { data: { text: "\n", from_variable_selector: ["end", "answer"] } });
  run.emit("text_chunk", { data: { text: fileLink(doc), from_variable_selector: ["start", "doc"] } });
  templated({ text: inputs.text }, { output: result });
  const outputs = { result, doc };
  run.node("end", "end", "End")(outputs, outputs);
  run.finish("succeeded", outputs, null);
  run.finished();
  run.close();
}

function fileLink(doc: unknown): string {
  if (!isRecord(doc)) return "";
  return `${doc.type === "image" ? "!" : ""}[${doc.filename}](${doc.url})`;
}

async function stopWorkflow(call: Call): Promise<Answer> {
  if (call.app.kind !== "workflow") throw refuse.notWorkflowApp();
  return stopTask(call);
}

function runDetail(call: Call): Answer {
  const id = call.param("workflow_run_id");
  if (!hasGraph(call.app)) throw refuse.notWorkflowApp();
  // A real server hands the id to its database as it is, and the database wants a UUID.
  if (!isUuid(id)) throw refuse.crash();
  const run = call.state.runs.get(id.toLowerCase());
  if (!run || run.app !== call.app) throw refuse.notFound("Workflow run not found.");
  const { "sys.workflow_id": workflowId, "sys.workflow_run_id": runId, ...system } = systemInputs(run);
  return json({
    id: run.id,
    workflow_id: run.app.workflowId,
    status: run.status,
    inputs: dumps({
      ...run.inputs,
      ...system,
      "sys.timestamp": run.createdAt,
      "sys.workflow_id": workflowId,
      "sys.workflow_run_id": runId,
    }),
    outputs: run.outputs,
    error: run.error,
    total_steps: run.steps,
    total_tokens: 0,
    created_at: run.createdAt,
    finished_at: run.finishedAt,
    elapsed_time: run.seconds,
  });
}

const LOG_QUERY: Fields = {
  keyword: optional(text()),
  status: optional(oneOf(["succeeded", "failed", "stopped"])),
  created_at__before: optional(text()),
  created_at__after: optional(text()),
  created_by_end_user_session_id: optional(text()),
  created_by_account: optional(text()),
  page: defaulted(integer({ ge: 1, le: 99_999 }), 1),
  limit: defaulted(integer({ ge: 1, le: 100 }), 20),
};

function logs(call: Call): Answer {
  const query = call.checkedQuery("WorkflowLogQuery", LOG_QUERY);
  const before = moment(query.created_at__before, Number.POSITIVE_INFINITY);
  const after = moment(query.created_at__after, 0);
  if (query.created_by_account)
    throw refuse.invalid(`Account not found: ${String(query.created_by_account)}`);
  const session = query.created_by_end_user_session_id;
  const runs = [...call.state.runs.values()].reverse().filter((run) => {
    if (run.app !== call.app || call.app.kind !== "workflow") return false;
    if (query.status && run.status !== query.status) return false;
    if (session && run.user.name !== session) return false;
    if (
      query.keyword &&
      !dumps([run.inputs, run.outputs, run.user.name]).includes(dumps(query.keyword).slice(1, -1))
    ) {
      return false;
    }
    return run.createdAt <= before && run.createdAt >= after;
  });
  const page = query.page as number;
  const limit = query.limit as number;
  const rows = runs.slice((page - 1) * limit, page * limit);
  return json({
    page,
    limit,
    total: runs.length,
    has_more: runs.length > page * limit,
    data: rows.map(logRow),
  });
}

/** An ISO time in seconds; what is none is refused with the words of the real server's parser. */
function moment(value: unknown, otherwise: number): number {
  if (!value) return otherwise;
  const time = Date.parse(String(value));
  if (!Number.isNaN(time)) return time / 1000;
  throw refuse.invalid(`invalid literal for int() with base 10: b'${String(value).slice(0, 4)}'`);
}

function logRow(run: Run) {
  return {
    id: run.logId,
    workflow_run: {
      id: run.id,
      version: VERSION,
      status: run.status,
      triggered_from: "app-run",
      error: run.error,
      elapsed_time: run.seconds,
      total_tokens: 0,
      total_steps: run.steps,
      created_at: run.createdAt,
      finished_at: run.finishedAt,
      exceptions_count: 0,
    },
    details: null,
    created_from: "service-api",
    created_by_role: "end_user",
    created_by_account: null,
    created_by_end_user: {
      id: run.user.id,
      type: "service-api",
      is_anonymous: false,
      session_id: run.user.name,
    },
    created_at: run.createdAt,
  };
}

/** When the workflow was published; versions are named after that. */
const VERSION = new Date().toISOString().replace("T", " ").replace("Z", "000");

const user = { from: "json", required: true } as const;

export const workflowRoutes: Route[] = [
  { method: "POST", rule: "/workflows/run", key: "app", user, handler: runWorkflow },
  { method: "POST", rule: "/workflows/<string:workflow_id>/run", key: "app", user, handler: runWorkflow },
  { method: "POST", rule: "/workflows/tasks/<string:task_id>/stop", key: "app", user, handler: stopWorkflow },
  { method: "GET", rule: "/workflows/run/<string:workflow_run_id>", key: "app", handler: runDetail },
  { method: "GET", rule: "/workflows/logs", key: "app", handler: logs },
];
