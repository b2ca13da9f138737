import type { CursorPage, OpenEnum } from "./common";
import type { FileType } from "./files";
import type { HumanInputContent } from "./human-input";
import type { JsonObject } from "./json";
import type { StoredRetrieverResource } from "./messages";

/** A conversation. Times are epoch seconds. */
export interface Conversation {
  id: string;
  name: string;
  inputs: JsonObject;
  status: OpenEnum<"normal">;
  /** What the app opens with. */
  introduction: string | null;
  created_at: number;
  updated_at: number;
}

/** What `getConversations` answers, the latest first unless `sort_by` says otherwise. */
export interface ConversationList extends CursorPage<Conversation> {}

/** A question with its answer, as the history has it. */
export interface ConversationMessage {
  id: string;
  conversation_id: string;
  parent_message_id: string | null;
  inputs: JsonObject;
  query: string;
  answer: string;
  status: OpenEnum<"normal" | "error" | "paused">;
  error: string | null;
  message_files: MessageFile[];
  feedback: { rating: "like" | "dislike" | null } | null;
  retriever_resources: StoredRetrieverResource[];
  /** What an agent did on its way. */
  agent_thoughts: AgentThought[];
  extra_contents: HumanInputContent[];
  /** Epoch seconds. */
  created_at: number;
  message_tokens?: number;
  answer_tokens?: number;
  total_tokens?: number;
  /** Seconds. */
  provider_response_latency?: number;
  total_price?: string | null;
  currency?: string | null;
}

/** A file of a message. */
export interface MessageFile {
  id: string;
  filename: string;
  type: OpenEnum<FileType>;
  url: string | null;
  mime_type: string | null;
  /** Bytes. */
  size: number | null;
  transfer_method: OpenEnum<"remote_url" | "local_file" | "tool_file">;
  belongs_to: OpenEnum<"user" | "assistant"> | null;
  upload_file_id: string | null;
}

/** A step of an agent. */
export interface AgentThought {
  id: string;
  chain_id: string | null;
  message_id: string;
  /** Counted from 1. */
  position: number;
  thought: string;
  /** The tools that were used, parted by `;`. */
  tool: string;
  tool_labels: JsonObject | null;
  /** JSON text. */
  tool_input: string;
  observation: string;
  files: string[];
  created_at: number;
}

/** What `getConversationMessages` answers: a page of messages, the oldest first. */
export interface MessageHistory extends CursorPage<ConversationMessage> {}

/** A variable of a conversation. */
export interface ConversationVariable {
  id: string;
  name: string;
  value_type: OpenEnum<
    | "string"
    | "number"
    | "integer"
    | "float"
    | "boolean"
    | "object"
    | "secret"
    | "file"
    | "array[any]"
    | "array[string]"
    | "array[number]"
    | "array[object]"
    | "array[file]"
    | "array[boolean]"
  >;
  /** Always a string; objects and lists stand in it as Python prints them. */
  value: string;
  description: string;
  /** Epoch seconds. */
  created_at: number;
  /** Epoch seconds. */
  updated_at: number;
}

/** What the methods that list a conversation's variables answer. */
export interface ConversationVariables extends CursorPage<ConversationVariable> {}

/** What a variable can be set to. The server refuses numbers with a fraction. */
export type ConversationVariableValue = string | number | boolean | object | null;

/** `getConversations` */
export interface GetConversationsArgs {
  user: string;
  /** The last conversation of the page before. */
  last_id?: string | null | undefined;
  /** 1 to 100; default 20. */
  limit?: number | null | undefined;
  pinned?: boolean | null | undefined;
  /** A leading `-` is descending. Default `-updated_at`. */
  sort_by?: "created_at" | "-created_at" | "updated_at" | "-updated_at" | null | undefined;
}

/** `getConversationMessages` */
export interface GetConversationMessagesArgs {
  user: string;
  /** Python lets it be left out; the server does not. */
  conversation_id?: string | null | undefined;
  /** The first message of the page before. */
  first_id?: string | null | undefined;
  /** 1 to 100; default 20. */
  limit?: number | null | undefined;
}

/** `renameConversation` */
export interface RenameConversationArgs {
  conversation_id: string;
  /** The new name; not needed with `auto_generate`. */
  name?: string | null | undefined;
  /** Has the model find a name. Default false. */
  auto_generate?: boolean | null | undefined;
  user: string;
}

/** `deleteConversation` */
export interface DeleteConversationArgs {
  conversation_id: string;
  user: string;
}

/** `getConversationVariables` */
export interface GetConversationVariablesArgs {
  conversation_id: string;
  user: string;
  /** The last variable of the page before. */
  last_id?: string | null | undefined;
  /** 1 to 100; default 20. */
  limit?: number | null | undefined;
  /** Only the variable of this name. */
  variable_name?: string | null | undefined;
}

/** `listConversationVariablesWithPagination` */
export interface ListConversationVariablesWithPaginationArgs {
  conversation_id: string;
  user: string;
  /** Sent as in Python (default 1), but the server pages by `last_id`. */
  page?: number | null | undefined;
  /** 1 to 100; default 20. */
  limit?: number | null | undefined;
  /** The last variable of the page before. */
  last_id?: string | null | undefined;
  /** Only the variable of this name. */
  variable_name?: string | null | undefined;
}

/** `updateConversationVariable` */
export interface UpdateConversationVariableArgs {
  conversation_id: string;
  variable_id: string;
  value: ConversationVariableValue;
  user: string;
}

/** `updateConversationVariableWithResponse` */
export interface UpdateConversationVariableWithResponseArgs {
  conversation_id: string;
  variable_id: string;
  user: string;
  value: ConversationVariableValue;
}
