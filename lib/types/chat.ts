import type { ResponseMode } from "../core/mode";
import type { OpenEnum } from "./common";
import type { InputFile } from "./files";
import type { PauseReason } from "./human-input";
import type { JsonObject } from "./json";
import type { MessageMetadata } from "./messages";

/** Values of an app's input variables, by name: anything that JSON can hold, files as `InputFile` objects. */
export interface AppInputs {
  readonly [variable: string]: unknown;
}

/** What the answers of chat and completion apps have in common. */
export interface MessageAnswer {
  event: OpenEnum<"message">;
  /** For the stop methods; of no use once the answer is here. */
  task_id: string;
  id: string;
  message_id: string;
  mode: OpenEnum<"chat" | "agent-chat" | "advanced-chat" | "completion">;
  answer: string;
  metadata: MessageMetadata;
  /** Epoch seconds. */
  created_at: number;
}

/** What `createChatMessage` answers when the whole answer is awaited. */
export interface ChatAnswer extends MessageAnswer {
  /** What goes on with the conversation. */
  conversation_id: string;
  /** Sent by a chatflow that paused. */
  workflow_run_id?: string;
  /** Sent by a chatflow that paused: why it waits. */
  data?: PausedChat;
}

/** Where a chatflow stands that waits for someone. */
export interface PausedChat {
  id: string;
  mode: string;
  conversation_id: string;
  message_id: string;
  workflow_run_id: string;
  /** What was said before the pause. */
  answer: string;
  metadata: JsonObject;
  created_at: number;
  paused_nodes: string[];
  reasons: PauseReason[];
  status: OpenEnum<"paused">;
  /** Seconds. */
  elapsed_time: number;
  total_tokens: number;
  total_steps: number;
}

/** `createChatMessage` */
export interface CreateChatMessageArgs<R extends ResponseMode = "blocking"> {
  inputs: AppInputs;
  query: string;
  user: string;
  /** Default `"blocking"`. Agent apps only stream. */
  response_mode?: R | null | undefined;
  /** The conversation to go on with; left out or `""`, a new one begins. */
  conversation_id?: string | null | undefined;
  files?: readonly InputFile[] | null | undefined;
  /** Whether the server gives the conversation a title. Default true. */
  auto_generate_name?: boolean | null | undefined;
  /** A published version of a chatflow; default is the latest. */
  workflow_id?: string | null | undefined;
}

/** `stopMessage` */
export interface StopMessageArgs {
  /** From any event of the stream. */
  task_id: string;
  /** The same user that asked. */
  user: string;
}
