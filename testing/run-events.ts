import { hasGraph } from "./apps";
import type { Answer, Call, StreamEvent } from "./call";
import { refuse } from "./errors";
import { isRecord } from "./python";
import type { Route } from "./router";
import type { Run } from "./runs";

/** Joins a run: what comes next, before that a snapshot if asked for, and after the end only the end. */
function joinRun(call: Call): Answer {
  if (!hasGraph(call.app)) throw refuse.notWorkflowApp();
  const run = call.state.runs.get(call.param("task_id").toLowerCase());
  if (!run || run.app !== call.app || run.user !== call.user) throw refuse.notFound("Workflow run not found");
  const headers = { "Cache-Control": "no-cache" };
  if (run.closed) {
    return { kind: "stream", events: once(ending(run)), pingFirst: false, tail: 0, headers, spaced: true };
  }
  const snapshot = ["true", "1"].includes((call.query.get("include_state_snapshot") ?? "").toLowerCase());
  const past = snapshot ? snapshotOf(run) : [];
  return {
    kind: "stream",
    events: after(past, run.follow(run.events.length)),
    pingFirst: true,
    tail: call.state.options.tail,
    headers,
  };
}

/** After the end the run's own id stands in for the task's. */
function ending(run: Run): StreamEvent {
  const last = run.events.at(-1) ?? {};
  return { event: "workflow_finished", task_id: run.id, workflow_run_id: run.id, data: last.data };
}

/** The run so far: its start and its nodes, numbered, with less in them than the live events have. */
function snapshotOf(run: Run): StreamEvent[] {
  const snapshot: StreamEvent[] = [];
  let nodes = 0;
  for (const event of run.events) {
    if (!isRecord(event.data)) continue;
    if (event.event === "workflow_started") {
      snapshot.push(event);
      // What is saved of an answer that is still being written.
      if ("message_id" in event) snapshot.push(replacement(event));
    } else if (event.event === "node_started") {
      nodes += 1;
      snapshot.push({ ...event, data: { ...brief(event.data), index: nodes } });
    } else if (event.event === "node_finished") {
      const { id } = event.data;
      const started = snapshot.find((past) => isRecord(past.data) && past.data.id === id);
      const index = isRecord(started?.data) ? started.data.index : nodes;
      const outcome = { ...brief(event.data), inputs: null, process_data: null, outputs: null, index };
      snapshot.push({ ...event, data: outcome });
    }
  }
  return snapshot;
}

function replacement({ task_id, conversation_id, message_id, created_at }: StreamEvent): StreamEvent {
  return {
    event: "message_replace",
    task_id,
    answer: "",
    reason: "",
    conversation_id,
    message_id,
    created_at,
  };
}

function brief(data: Record<string, unknown>): Record<string, unknown> {
  const {
    inputs_truncated: _inputs,
    process_data_truncated: _process,
    outputs_truncated: _outputs,
    agent_strategy: _agent,
    ...rest
  } = data;
  return rest;
}

async function* once(event: StreamEvent): AsyncGenerator<StreamEvent> {
  yield event;
}

async function* after(past: StreamEvent[], future: AsyncIterable<StreamEvent>): AsyncGenerator<StreamEvent> {
  yield* past;
  yield* future;
}

export const runEventRoutes: Route[] = [
  {
    method: "GET",
    rule: "/workflow/<string:task_id>/events",
    key: "app",
    user: { from: "query", required: true },
    handler: joinRun,
  },
];
