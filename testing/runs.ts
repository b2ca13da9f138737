import { randomUUID } from "node:crypto";
import type { StreamEvent } from "./call";
import { isRecord } from "./python";
import { type App, type EndUser, now, type State, type Task } from "./state";

export type RunStatus = "running" | "succeeded" | "failed" | "stopped";

/** One run of a workflow or chatflow. It goes on without anyone listening, and late readers can join. */
export class Run {
  readonly id = randomUUID();
  readonly logId = randomUUID();
  readonly createdAt = now();
  readonly events: StreamEvent[] = [];
  status: RunStatus = "running";
  outputs: Record<string, unknown> = {};
  error: string | null = null;
  finishedAt: number | null = null;
  steps = 0;
  closed = false;
  private readonly began = performance.now();
  private elapsed: number | undefined;
  private wake: () => void = () => undefined;
  private change: Promise<void>;

  constructor(
    readonly app: App,
    readonly user: EndUser,
    readonly task: Task,
    readonly inputs: Record<string, unknown>,
    /** What stands before the data in every event: ids of the run, the message, the conversation. */
    private readonly envelope: (event: string, runId: string) => StreamEvent,
  ) {
    this.change = this.nextChange();
  }

  get seconds(): number {
    return this.elapsed ?? seconds(this.began);
  }

  emit(event: string, rest: Record<string, unknown>): void {
    this.events.push({ ...this.envelope(event, this.id), ...rest });
    this.announce();
  }

  /** Ends the run. */
  finish(status: RunStatus, outputs: Record<string, unknown>, error: string | null): void {
    this.status = status;
    this.outputs = outputs;
    this.error = error;
    this.finishedAt = now();
    this.elapsed = seconds(this.began);
  }

  /** No more events will come; to be called after the last one. */
  close(): void {
    this.closed = true;
    this.announce();
  }

  /** The events from a place on, past ones first, until the run is closed. */
  async *follow(from = 0): AsyncGenerator<StreamEvent> {
    for (let next = from; ; ) {
      const change = this.change;
      while (next < this.events.length) yield this.events[next++] as StreamEvent;
      if (this.closed && next >= this.events.length) return;
      if (next >= this.events.length && change === this.change) await change;
    }
  }

  started(inputs: Record<string, unknown>): void {
    this.emit("workflow_started", {
      data: {
        id: this.id,
        workflow_id: this.app.workflowId,
        inputs,
        created_at: this.createdAt,
        reason: "initial",
      },
    });
  }

  /** The terminal event; in a stopped workflow the status shown is not the one that is kept. */
  finished(shown: RunStatus = this.status): void {
    this.emit("workflow_finished", {
      data: {
        id: this.id,
        workflow_id: this.app.workflowId,
        status: shown,
        outputs: this.outputs,
        error: this.error,
        elapsed_time: this.seconds,
        total_tokens: 0,
        total_steps: this.steps,
        created_by: { id: this.user.id, user: this.user.name },
        created_at: this.createdAt,
        finished_at: this.finishedAt,
        exceptions_count: 0,
        files: filesIn(this.outputs),
      },
    });
  }

  /** Starts a node, and returns what finishes it. */
  node(nodeId: string, type: string, title: string) {
    this.steps += 1;
    const id = randomUUID();
    const createdAt = now();
    const began = performance.now();
    const head = {
      id,
      node_id: nodeId,
      node_type: type,
      title,
      index: 1,
      predecessor_node_id: null,
    };
    this.emit("node_started", {
      data: {
        ...head,
        inputs: null,
        inputs_truncated: false,
        created_at: createdAt,
        extras: {},
        iteration_id: null,
        loop_id: null,
        agent_strategy: null,
      },
    });
    return (
      inputs: Record<string, unknown>,
      outputs: Record<string, unknown>,
      processData: Record<string, unknown> = {},
    ): void => {
      this.emit("node_finished", {
        data: {
          ...head,
          inputs,
          inputs_truncated: false,
          process_data: processData,
          process_data_truncated: false,
          outputs,
          outputs_truncated: false,
          status: "succeeded",
          error: null,
          elapsed_time: seconds(began),
          execution_metadata: null,
          created_at: createdAt,
          finished_at: now(),
          files: filesIn(outputs),
          iteration_id: null,
          loop_id: null,
        },
      });
    };
  }

  private announce(): void {
    const wake = this.wake;
    this.change = this.nextChange();
    wake();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

/** The variables that the system adds to a run's inputs. */
export function systemInputs(run: Run, chat?: { query: string; turn: number; files: unknown[] }) {
  return {
    ...(chat ? { "sys.query": chat.query } : {}),
    "sys.files": chat?.files ?? [],
    "sys.user_id": run.user.name,
    ...(chat ? { "sys.dialogue_count": chat.turn } : {}),
    "sys.app_id": run.app.id,
    "sys.workflow_id": run.app.workflowId,
    "sys.workflow_run_id": run.id,
  };
}

/** The files among the outputs, single ones and those in lists. */
function filesIn(outputs: Record<string, unknown>): unknown[] {
  const isFile = (value: unknown) => isRecord(value) && value.dify_model_identity === "__dify__file__";
  return Object.values(outputs).flat().filter(isFile);
}

export function register(state: State, run: Run): void {
  state.runs.set(run.id, run);
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) * 1000) / 1_000_000;
}
