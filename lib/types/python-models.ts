import type { Annotation, AnnotationReplyJobStatus } from "./annotations";
import type { AppInfo, AppParameters } from "./app";
import type { MessageAnswer } from "./chat";
import type { CursorPage, ErrorBody } from "./common";
import type { Conversation, ConversationVariables } from "./conversations";
import type { Dataset } from "./datasets";
import type { DatasetDocument } from "./documents";
import type { UploadedFile } from "./files";
import type { JsonObject } from "./json";
import type { SuggestedQuestions } from "./messages";
import type { RetrievalResult } from "./retrieval";
import type { Segment } from "./segments";
import type { DatasetTags } from "./tags";
import type { WorkflowLogs, WorkflowRunDetail } from "./workflow";
import type { AvailableModels } from "./workspace";

// The models of the Python SDK under their names. Each is what the server really sends, and has Python's own
// fields where the server sends no such thing.

/** Python's model of an answer without content; what the server sends is `Success`. */
export interface BaseResponse {
  success: boolean;
  message: string | null;
}

/** The body of an error. */
export type ErrorResponse = ErrorBody;

/** A file that was uploaded. */
export type FileInfo = UploadedFile;

/** The answer of a chat or completion app. */
export interface MessageResponse extends MessageAnswer {
  /** Missing in completion apps. */
  conversation_id?: string;
}

export type ConversationResponse = Conversation;

export type DatasetResponse = Dataset;

export type DocumentResponse = DatasetDocument;

export type DocumentSegmentResponse = Segment;

/** The detail of a run, as `getResult` answers it. */
export type WorkflowRunResponse = WorkflowRunDetail;

export type ApplicationParametersResponse = AppParameters;

export type AnnotationResponse = Annotation;

/** A page of any list; some lists are not counted. */
export interface PaginatedResponse<T = unknown> extends CursorPage<T> {
  total?: number;
  page?: number;
}

/** The variables of a conversation. */
export type ConversationVariableResponse = ConversationVariables;

export type FileUploadResponse = UploadedFile;

/** Python's model; what the server sends is the audio itself. */
export interface AudioResponse {
  audio: string | null;
  audio_url: string | null;
  duration: number | null;
  sample_rate: number | null;
}

export type SuggestedQuestionsResponse = SuggestedQuestions;

export type AppInfoResponse = AppInfo;

export type WorkspaceModelsResponse = AvailableModels;

export type HitTestingResponse = RetrievalResult;

export type DatasetTagsResponse = DatasetTags;

export type WorkflowLogsResponse = WorkflowLogs;

/** Python's model; its route is not served by Dify 1.14.2. */
export interface ModelProviderResponse {
  provider_name: string;
  provider_type: string;
  models: JsonObject[];
  is_enabled: boolean;
  credentials: JsonObject | null;
}

/** Python's model; its route is not served by Dify 1.14.2. */
export interface FileInfoResponse {
  id: string;
  name: string;
  size: number;
  mime_type: string;
  url: string | null;
  created_at: number | null;
  metadata: JsonObject | null;
}

/** Python's model; its route is not served by Dify 1.14.2. */
export interface WorkflowDraftResponse {
  id: string;
  app_id: string;
  draft_data: JsonObject;
  version: number;
  created_at: number | null;
  updated_at: number | null;
}

/** Python's model; its route is not served by Dify 1.14.2. */
export interface ApiTokenResponse {
  id: string;
  name: string;
  token: string;
  description: string | null;
  created_at: number | null;
  last_used_at: number | null;
  is_active: boolean;
}

/** How a job of the annotation replies stands. */
export type JobStatusResponse = AnnotationReplyJobStatus;

/** What a search in a knowledge base found. */
export type DatasetQueryResponse = RetrievalResult;

/** Python's model; its route is not served by Dify 1.14.2. */
export interface DatasetTemplateResponse {
  template_name: string;
  display_name: string;
  description: string;
  category: string;
  icon: string | null;
  config_schema: JsonObject;
}
