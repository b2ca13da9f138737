import type { OpenEnum } from "./common";
import type { FileType, FileValue } from "./files";
import type { HumanInputFormDefinition, HumanInputFormSubmission, PauseReason } from "./human-input";
import type { JsonObject, JsonValue } from "./json";
import type { MessageMetadata } from "./messages";
import type { WorkflowResult, WorkflowRunAuthor } from "./workflow";

/** What the events of a message have in common. */
interface MessageHead {
  /** What the stop methods take. */
  task_id: string;
  message_id: string;
  /** Missing in completion apps, which have no conversations. */
  conversation_id?: string;
  /** Epoch seconds; the same in all events of an answer. */
  created_at: number;
}

/** What the events of a run have in common. The conversation's fields are there in a chatflow only. */
interface RunHead {
  /** What the stop methods take. */
  task_id: string;
  /** What `getResult` takes. */
  workflow_run_id: string;
  conversation_id?: string;
  message_id?: string;
  created_at?: number;
}

/** As {@link RunHead}, for events that either a message or a run may send. */
interface AnyHead {
  task_id: string;
  workflow_run_id?: string;
  conversation_id?: string;
  message_id?: string;
  created_at?: number;
}

/** A piece of the answer. */
export interface MessageChunkEvent extends MessageHead {
  event: "message";
  id: string;
  answer: string;
  /** The node's variable that the piece comes from; null outside of chatflows. */
  from_variable_selector?: string[] | null;
}

/** A piece of an agent's answer. */
export interface AgentMessageChunkEvent extends MessageHead {
  event: "agent_message";
  id: string;
  answer: string;
}

/** A step of an agent; sent again with the same `id` as it goes on. */
export interface AgentThoughtEvent extends MessageHead {
  event: "agent_thought";
  id: string;
  /** Counted from 1. */
  position: number;
  thought: string;
  observation: string;
  /** The tools used, parted by `;`. */
  tool: string;
  tool_labels: JsonObject;
  /** JSON text. */
  tool_input: string;
  /** Ids of files that a tool made. */
  message_files: string[];
}

/** A file that a tool or the model made. */
export interface MessageFileEvent {
  event: "message_file";
  task_id?: string;
  message_id?: string;
  conversation_id?: string;
  created_at?: number;
  id: string;
  type: OpenEnum<FileType>;
  belongs_to: OpenEnum<"assistant" | "user">;
  url: string;
}

/** The answer is complete. A chatflow's own end may follow, and the rest of the audio where there is any. */
export interface MessageEndEvent extends MessageHead {
  event: "message_end";
  id: string;
  metadata: MessageMetadata;
  files: FileValue[] | null;
}

/** What was said so far is withdrawn; `answer` stands in its place. */
export interface MessageReplaceEvent extends MessageHead {
  event: "message_replace";
  answer: string;
  reason: string;
}

/** A piece of the spoken answer. */
export interface TtsMessageEvent extends AnyHead {
  event: "tts_message";
  /** MP3, base64. */
  audio: string;
}

/** The spoken answer is complete. It may come after the event that ends the answer. */
export interface TtsMessageEndEvent extends AnyHead {
  event: "tts_message_end";
  /** Empty. */
  audio: string;
}

/** A piece of what a model thinks before it answers, where its node keeps that apart. */
export interface ReasoningChunkEvent extends AnyHead {
  event: "reasoning_chunk";
  data: {
    message_id?: string;
    reasoning: string;
    node_id?: string | null;
    /** The thinking is over; `reasoning` may be empty then. */
    is_final: boolean;
  };
}

/** A piece of a workflow's text output. */
export interface TextChunkEvent extends AnyHead {
  event: "text_chunk";
  data: {
    text: string;
    from_variable_selector: string[];
  };
}

/** A run began, or went on after a pause. */
export interface WorkflowStartedEvent extends RunHead {
  event: "workflow_started";
  data: WorkflowStartedData;
}

export interface WorkflowStartedData {
  id: string;
  workflow_id: string;
  inputs: JsonObject;
  created_at: number;
  reason: OpenEnum<"initial" | "resumption">;
}

/** A run ended, well or not: see `data.status`. */
export interface WorkflowFinishedEvent extends RunHead {
  event: "workflow_finished";
  data: WorkflowFinishedData;
}

export interface WorkflowFinishedData extends WorkflowResult {
  created_by: WorkflowRunAuthor;
  exceptions_count: number | null;
  files: FileValue[];
}

/** A run waits, and the stream ends unless it was asked to stay. The run itself does not end. */
export interface WorkflowPausedEvent extends RunHead {
  event: "workflow_paused";
  data: WorkflowPausedData;
}

export interface WorkflowPausedData {
  workflow_run_id: string;
  paused_nodes: string[];
  outputs: JsonObject;
  reasons: PauseReason[];
  status: OpenEnum<"paused">;
  created_at: number;
  /** Seconds. */
  elapsed_time: number;
  total_tokens: number;
  total_steps: number;
}

/** A node began. */
export interface NodeStartedEvent extends RunHead {
  event: "node_started";
  data: NodeStartedData;
}

/** What all events of nodes tell of their node. */
interface NodeHead {
  /** Of this execution of the node: the same in all its events. */
  id: string;
  node_id: string;
  node_type: string;
  title: string;
  created_at: number;
}

export interface NodeStartedData extends NodeHead {
  index: number;
  predecessor_node_id: string | null;
  inputs: JsonObject | null;
  inputs_truncated?: boolean;
  extras: JsonObject;
  /** The iteration that the node is in. */
  iteration_id: string | null;
  /** The loop that the node is in. */
  loop_id: string | null;
  agent_strategy?: JsonObject | null;
}

/** A node ended, well or not: see `data.status`. */
export interface NodeFinishedEvent extends RunHead {
  event: "node_finished";
  data: NodeFinishedData;
}

/** How a node ended; `exception` is a failure that the workflow itself dealt with. */
export type NodeStatus = OpenEnum<
  "running" | "succeeded" | "failed" | "exception" | "retry" | "stopped" | "paused"
>;

export interface NodeFinishedData extends NodeHead {
  index: number;
  predecessor_node_id: string | null;
  inputs: JsonObject | null;
  inputs_truncated?: boolean;
  process_data: JsonObject | null;
  process_data_truncated?: boolean;
  outputs: JsonObject | null;
  outputs_truncated?: boolean;
  status: NodeStatus;
  error: string | null;
  /** Seconds. */
  elapsed_time: number;
  execution_metadata: NodeExecutionMetadata | null;
  finished_at: number;
  files: FileValue[];
  iteration_id: string | null;
  loop_id: string | null;
}

/** What a node's execution cost and where it stood; further fields depend on the node. */
export interface NodeExecutionMetadata {
  total_tokens?: number | null;
  /** A decimal number. */
  total_price?: string | null;
  currency?: string | null;
  iteration_id?: string;
  iteration_index?: number;
  loop_id?: string;
  loop_index?: number;
  [field: string]: JsonValue | undefined;
}

/** A node failed and is tried again. */
export interface NodeRetryEvent extends RunHead {
  event: "node_retry";
  data: NodeRetryData;
}

export interface NodeRetryData extends NodeFinishedData {
  retry_index: number;
}

/** An iteration began; `metadata` tells its length. */
export interface IterationStartedEvent extends RunHead {
  event: "iteration_started";
  data: CycleStartedData;
}

/** An iteration took its next item. */
export interface IterationNextEvent extends RunHead {
  event: "iteration_next";
  data: IterationNextData;
}

/** An iteration ended. */
export interface IterationCompletedEvent extends RunHead {
  event: "iteration_completed";
  data: CycleCompletedData;
}

/** A loop began; `metadata` tells its greatest length. */
export interface LoopStartedEvent extends RunHead {
  event: "loop_started";
  data: CycleStartedData;
}

/** A loop began its next round. */
export interface LoopNextEvent extends RunHead {
  event: "loop_next";
  data: LoopNextData;
}

/** A loop ended. */
export interface LoopCompletedEvent extends RunHead {
  event: "loop_completed";
  data: CycleCompletedData;
}

/** The beginning of an iteration or a loop. */
export interface CycleStartedData extends NodeHead {
  extras: JsonObject;
  metadata: JsonObject;
  inputs: JsonObject | null;
  inputs_truncated?: boolean;
}

export interface IterationNextData extends NodeHead {
  /** Counted from 0. */
  index: number;
  extras: JsonObject;
}

export interface LoopNextData extends NodeHead {
  /** Counted from 0; the first round has no event of its own. */
  index: number;
  pre_loop_output: JsonValue;
  extras: JsonObject;
}

/** The end of an iteration or a loop. */
export interface CycleCompletedData extends NodeHead {
  inputs: JsonObject | null;
  inputs_truncated?: boolean;
  outputs: JsonObject | null;
  outputs_truncated?: boolean;
  extras: JsonObject | null;
  status: NodeStatus;
  error: string | null;
  /** Seconds. */
  elapsed_time: number;
  total_tokens: number;
  execution_metadata: NodeExecutionMetadata | null;
  finished_at: number;
  steps: number;
}

/** A run needs a form filled; with `form_token` it can be. */
export interface HumanInputRequiredEvent extends RunHead {
  event: "human_input_required";
  data: HumanInputFormDefinition;
}

/** A form was filled, and the run goes on. */
export interface HumanInputFormFilledEvent extends RunHead {
  event: "human_input_form_filled";
  data: HumanInputFormSubmission;
}

/** Nobody filled a form in time. */
export interface HumanInputFormTimeoutEvent extends RunHead {
  event: "human_input_form_timeout";
  data: {
    node_id: string;
    node_title: string;
    /** Epoch seconds. */
    expiration_time: number;
  };
}

/** A line in the log of an agent node; sent again with the same `data.id` as it goes on. */
export interface AgentLogEvent extends AnyHead {
  event: "agent_log";
  data: AgentLogData;
}

export interface AgentLogData {
  node_execution_id: string;
  id: string;
  label: string;
  /** The line that this one belongs to. */
  parent_id: string | null;
  error: string | null;
  status: string;
  data: JsonObject;
  metadata: JsonObject;
  node_id: string;
}

/** A datasource node is at work. */
export interface DatasourceProcessingEvent {
  event: "datasource_processing";
  total: number | null;
  completed: number | null;
}

/** A datasource node is done; `data` is what it found. */
export interface DatasourceCompletedEvent {
  event: "datasource_completed";
  data: JsonObject | JsonValue[];
  total: number | null;
  completed: number | null;
  /** Seconds. */
  time_consuming: number | null;
}

/** A datasource node failed. */
export interface DatasourceErrorEvent {
  event: "datasource_error";
  error: string;
}

/** The answer failed; nothing comes after it. Iterating gives this event and then raises `StreamError`. */
export interface StreamErrorEvent {
  event: "error";
  /** What the HTTP status would have been. */
  status: number;
  message: string;
  /** Missing where a run was refused before it began. */
  code?: string;
  task_id?: string;
  workflow_run_id?: string;
  message_id?: string;
  conversation_id?: string;
  created_at?: number;
}

/** Events of nodes and runs, which workflows and chatflows have in common. */
type RunEvent =
  | WorkflowStartedEvent
  | WorkflowFinishedEvent
  | WorkflowPausedEvent
  | NodeStartedEvent
  | NodeFinishedEvent
  | NodeRetryEvent
  | IterationStartedEvent
  | IterationNextEvent
  | IterationCompletedEvent
  | LoopStartedEvent
  | LoopNextEvent
  | LoopCompletedEvent
  | HumanInputRequiredEvent
  | HumanInputFormFilledEvent
  | HumanInputFormTimeoutEvent
  | AgentLogEvent
  | ReasoningChunkEvent
  | TextChunkEvent;

/** Events of a completion app's answer. */
export type CompletionStreamEvent =
  | MessageChunkEvent
  | MessageEndEvent
  | MessageFileEvent
  | MessageReplaceEvent
  | TtsMessageEvent
  | TtsMessageEndEvent
  | StreamErrorEvent;

/** Events of an answer in chat, agent and chatflow apps. */
export type ChatStreamEvent = CompletionStreamEvent | AgentMessageChunkEvent | AgentThoughtEvent | RunEvent;

/** Events of a workflow's run. */
export type WorkflowStreamEvent = RunEvent | TtsMessageEvent | TtsMessageEndEvent | StreamErrorEvent;

/** Events of a datasource node of a knowledge pipeline. */
export type DatasourceStreamEvent =
  | DatasourceProcessingEvent
  | DatasourceCompletedEvent
  | DatasourceErrorEvent
  | StreamErrorEvent;

/** Every event that this version knows, told apart by `event`. (Pings are not delivered.) */
export type StreamEvent = ChatStreamEvent | WorkflowStreamEvent | DatasourceStreamEvent;

/**
 * An event that this version does not know. It is delivered like any other, but is no member of the unions:
 * its name may be any string, so nothing could be told apart by name any more. Ask {@link isKnownEvent}.
 */
export interface UnknownEvent {
  event?: string;
  [field: string]: unknown;
}

// A record rather than a list: the compiler refuses it when a name of the union is missing or one too many.
const KNOWN: Readonly<Record<StreamEvent["event"], true>> = {
  message: true,
  agent_message: true,
  agent_thought: true,
  message_file: true,
  message_end: true,
  message_replace: true,
  tts_message: true,
  tts_message_end: true,
  reasoning_chunk: true,
  text_chunk: true,
  workflow_started: true,
  workflow_finished: true,
  workflow_paused: true,
  node_started: true,
  node_finished: true,
  node_retry: true,
  iteration_started: true,
  iteration_next: true,
  iteration_completed: true,
  loop_started: true,
  loop_next: true,
  loop_completed: true,
  human_input_required: true,
  human_input_form_filled: true,
  human_input_form_timeout: true,
  agent_log: true,
  datasource_processing: true,
  datasource_completed: true,
  datasource_error: true,
  error: true,
};

/** Whether `event` is one that this version knows, by its name; its other fields are not looked at. */
export function isKnownEvent(event: unknown): event is StreamEvent {
  if (typeof event !== "object" || event === null) return false;
  const name = (event as UnknownEvent).event;
  return typeof name === "string" && Object.hasOwn(KNOWN, name);
}
