import { endpoint } from "../core/endpoint";
import type { Mode, Reply, ResponseMode } from "../core/mode";
import type { RequestOptions } from "../core/options";
import { choice, dropped, id, integer, list, object, optional, text, whole } from "../core/params";
import type { DifyResponse } from "../core/response";
import type {
  GetResultArgs,
  GetWorkflowDraftArgs,
  GetWorkflowLogsArgs,
  GetWorkflowRunHistoryArgs,
  JsonObject,
  PublishWorkflowArgs,
  RunArgs,
  RunSpecificWorkflowArgs,
  StopArgs,
  Success,
  UpdateWorkflowDraftArgs,
  WorkflowAnswer,
  WorkflowLogs,
  WorkflowRunDetail,
  WorkflowStreamEvent,
} from "../types";
import { DifyApi, type Generation } from "./base";

const runParams = {
  inputs: object,
  response_mode: optional(choice("blocking", "streaming"), "streaming"),
  user: optional(text, "abc-123"),
  files: optional(list),
};
const generation = { answer: "mode", slow: true } as const;
const run = endpoint<RunArgs<ResponseMode>>("run", "POST /workflows/run", runParams, generation);
const runSpecificWorkflow = endpoint<RunSpecificWorkflowArgs<ResponseMode>>(
  "runSpecificWorkflow",
  "POST /workflows/{workflow_id}/run",
  { workflow_id: id, ...runParams },
  generation,
);
const stop = endpoint<StopArgs>("stop", "POST /workflows/tasks/{task_id}/stop", { task_id: id, user: text });
const getResult = endpoint<GetResultArgs>("getResult", "GET /workflows/run/{workflow_run_id}", {
  workflow_run_id: id,
});
const getWorkflowLogs = endpoint<GetWorkflowLogsArgs>("getWorkflowLogs", "GET /workflows/logs", {
  keyword: dropped(text),
  status: dropped(text),
  page: optional(integer, 1),
  limit: optional(integer, 20),
  created_at__before: dropped(text),
  created_at__after: dropped(text),
  created_by_end_user_session_id: dropped(id),
  created_by_account: dropped(text),
});
const notServed = { notServed: true } as const;
const getWorkflowDraft = endpoint<GetWorkflowDraftArgs>(
  "getWorkflowDraft",
  "GET /apps/{app_id}/workflow/draft",
  { app_id: id },
  notServed,
);
const updateWorkflowDraft = endpoint<UpdateWorkflowDraftArgs>(
  "updateWorkflowDraft",
  "PUT /apps/{app_id}/workflow/draft",
  { app_id: id, workflow_data: whole(object) },
  notServed,
);
const publishWorkflow = endpoint<PublishWorkflowArgs>(
  "publishWorkflow",
  "POST /apps/{app_id}/workflow/publish",
  { app_id: id },
  notServed,
);
const getWorkflowRunHistory = endpoint<GetWorkflowRunHistoryArgs>(
  "getWorkflowRunHistory",
  "GET /apps/{app_id}/workflow/runs",
  { app_id: id, page: optional(integer, 1), limit: optional(integer, 20), status: dropped(text) },
  notServed,
);

/** The methods of a workflow app. Python's `WorkflowClient`. */
export abstract class WorkflowApi<M extends Mode> extends DifyApi<M> {
  /**
   * Runs the published workflow. Streaming is the default, as in Python: an event stream, which the caller reads to
   * its end or closes; `response_mode: "blocking"` gives the whole answer, after up to 10 minutes. A failed run is no
   * HTTP error: look at `data.status`. `user` defaults to `"abc-123"` as in Python; pass one of your own, or all your
   * users share their runs and files. `POST /workflows/run` · Python `run`
   */
  run<R extends ResponseMode = "streaming">(
    args: RunArgs<R>,
    options?: RequestOptions<M>,
  ): Generation<M, R, WorkflowAnswer, WorkflowStreamEvent> {
    return this.call(run, args, options);
  }

  /** Stops a run; `task_id` is in every event of its stream. `POST /workflows/tasks/{task_id}/stop` · Python `stop` */
  stop(args: StopArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<Success>> {
    return this.call(stop, args, options);
  }

  /** A run's state and outputs; `inputs` is JSON text. `GET /workflows/run/{workflow_run_id}` · Python `get_result` */
  getResult(args: GetResultArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<WorkflowRunDetail>> {
    return this.call(getResult, args, options);
  }

  /** A page of the app's runs. `GET /workflows/logs` · Python `get_workflow_logs` */
  getWorkflowLogs(
    args?: GetWorkflowLogsArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<WorkflowLogs>> {
    return this.call(getWorkflowLogs, args, options);
  }

  /**
   * Runs a certain published version of the workflow; otherwise as `run`, its defaults included.
   * `POST /workflows/{workflow_id}/run` · Python `run_specific_workflow`
   */
  runSpecificWorkflow<R extends ResponseMode = "streaming">(
    args: RunSpecificWorkflowArgs<R>,
    options?: RequestOptions<M>,
  ): Generation<M, R, WorkflowAnswer, WorkflowStreamEvent> {
    return this.call(runSpecificWorkflow, args, options);
  }

  /**
   * The workflow's draft. Not served by Dify 1.14.2 (404).
   * `GET /apps/{app_id}/workflow/draft` · Python `get_workflow_draft`
   */
  getWorkflowDraft(
    args: GetWorkflowDraftArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(getWorkflowDraft, args, options);
  }

  /**
   * Changes the workflow's draft. Not served by Dify 1.14.2 (404).
   * `PUT /apps/{app_id}/workflow/draft` · Python `update_workflow_draft`
   */
  updateWorkflowDraft(
    args: UpdateWorkflowDraftArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(updateWorkflowDraft, args, options);
  }

  /**
   * Publishes the draft. Not served by Dify 1.14.2 (404).
   * `POST /apps/{app_id}/workflow/publish` · Python `publish_workflow`
   */
  publishWorkflow(
    args: PublishWorkflowArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(publishWorkflow, args, options);
  }

  /**
   * A page of the app's runs. Not served by Dify 1.14.2 (404); `getWorkflowLogs` is.
   * `GET /apps/{app_id}/workflow/runs` · Python `get_workflow_run_history`
   */
  getWorkflowRunHistory(
    args: GetWorkflowRunHistoryArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(getWorkflowRunHistory, args, options);
  }
}
