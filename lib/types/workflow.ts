import type { ResponseMode } from "../core/mode";
import type { AppInputs } from "./chat";
import type { OpenEnum, Page } from "./common";
import type { FileValue, InputFile } from "./files";
import type { PauseReason } from "./human-input";
import type { JsonObject } from "./json";

/** How a run stands or ended; `partial-succeeded` had failures that the workflow itself dealt with. */
export type WorkflowStatus = OpenEnum<
  "running" | "succeeded" | "failed" | "stopped" | "partial-succeeded" | "paused"
>;

/** Where a run came to. Times are epoch seconds. */
export interface WorkflowResult {
  /** The run's id, for `getResult`. */
  id: string;
  workflow_id: string;
  status: WorkflowStatus;
  outputs: JsonObject | null;
  /** Why it failed. */
  error: string | null;
  /** Seconds. */
  elapsed_time: number;
  total_tokens: number;
  total_steps: number;
  created_at: number;
  /** Null while the run is paused. */
  finished_at: number | null;
  created_by?: WorkflowRunAuthor;
  exceptions_count?: number | null;
  files?: FileValue[];
  /** Where the run waits. */
  paused_nodes?: string[];
  /** Why the run waits. */
  reasons?: PauseReason[];
}

/** Who started a run: an end user of the app, or a member of the workspace. */
export interface WorkflowRunAuthor {
  id: string;
  user?: string;
  name?: string;
  email?: string;
}

/**
 * What `run` and `runSpecificWorkflow` answer when the whole run is awaited. A run that failed is answered
 * with status 200 too: look at `data.status`.
 */
export interface WorkflowAnswer {
  task_id: string;
  workflow_run_id: string;
  data: WorkflowResult;
}

/** What `getResult` answers. Times are epoch seconds. */
export interface WorkflowRunDetail {
  id: string;
  workflow_id: string;
  status: WorkflowStatus;
  /** JSON text, with the system's own variables in it. */
  inputs: string | null;
  outputs: JsonObject | null;
  error: string | null;
  total_steps: number;
  total_tokens: number;
  created_at: number;
  finished_at: number | null;
  /** Seconds. */
  elapsed_time: number | null;
}

/** What `getWorkflowLogs` answers, the latest first. */
export interface WorkflowLogs extends Page<WorkflowLog> {}

/** An entry of the log: a run, and whose it was. */
export interface WorkflowLog {
  id: string;
  workflow_run: WorkflowRunSummary;
  details: JsonObject | null;
  created_from: string;
  created_by_role: OpenEnum<"end_user" | "account">;
  created_by_account: { id: string; name: string; email: string } | null;
  created_by_end_user: WorkflowEndUser | null;
  /** Epoch seconds. */
  created_at: number;
}

/** A run as the log has it. Times are epoch seconds. */
export interface WorkflowRunSummary {
  id: string;
  version: string;
  status: WorkflowStatus;
  error: string | null;
  /** Seconds. */
  elapsed_time: number;
  total_tokens: number;
  total_steps: number;
  created_at: number;
  finished_at: number | null;
  exceptions_count: number;
  triggered_from: string;
}

/** An end user as the log has one; `session_id` is the `user` of the call. */
export interface WorkflowEndUser {
  id: string;
  type: string;
  is_anonymous: boolean;
  session_id: string;
}

/** `run` */
export interface RunArgs<R extends ResponseMode = "streaming"> {
  inputs: AppInputs;
  /** Default `"streaming"`, as in Python. */
  response_mode?: R | null | undefined;
  /** Default `"abc-123"`, as in Python. */
  user?: string | null | undefined;
  files?: readonly InputFile[] | null | undefined;
}

/** `runSpecificWorkflow` */
export interface RunSpecificWorkflowArgs<R extends ResponseMode = "streaming"> {
  /** A published version. */
  workflow_id: string;
  inputs: AppInputs;
  /** Default `"streaming"`, as in Python. */
  response_mode?: R | null | undefined;
  /** Default `"abc-123"`, as in Python. */
  user?: string | null | undefined;
  files?: readonly InputFile[] | null | undefined;
}

/** `stop` */
export interface StopArgs {
  /** From any event of the stream. */
  task_id: string;
  /** The same user that started the run. */
  user: string;
}

/** `getResult` */
export interface GetResultArgs {
  /** A UUID; for anything else the server answers 500. */
  workflow_run_id: string;
}

/** `getWorkflowLogs` */
export interface GetWorkflowLogsArgs {
  keyword?: string | null | undefined;
  status?: "succeeded" | "failed" | "stopped" | null | undefined;
  /** Default 1. */
  page?: number | null | undefined;
  /** 1 to 100; default 20. */
  limit?: number | null | undefined;
  /** A time in ISO 8601, with its zone. */
  created_at__before?: string | null | undefined;
  /** A time in ISO 8601, with its zone. */
  created_at__after?: string | null | undefined;
  /** The `user` of the run's call. */
  created_by_end_user_session_id?: string | null | undefined;
  /** The e-mail address of a member of the workspace. */
  created_by_account?: string | null | undefined;
}

/** `getWorkflowDraft`: not served by Dify 1.14.2. */
export interface GetWorkflowDraftArgs {
  app_id: string;
}

/** `updateWorkflowDraft`: not served by Dify 1.14.2. */
export interface UpdateWorkflowDraftArgs {
  app_id: string;
  /** The whole body. */
  workflow_data: object;
}

/** `publishWorkflow`: not served by Dify 1.14.2. */
export interface PublishWorkflowArgs {
  app_id: string;
}

/** `getWorkflowRunHistory`: not served by Dify 1.14.2. */
export interface GetWorkflowRunHistoryArgs {
  app_id: string;
  /** Default 1. */
  page?: number | null | undefined;
  /** Default 20. */
  limit?: number | null | undefined;
  status?: string | null | undefined;
}
