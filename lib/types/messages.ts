import type { JsonObject, JsonValue } from "./json";

/** What a generation cost. Prices are decimal numbers written as strings. */
export interface Usage {
  prompt_tokens: number;
  prompt_unit_price: string;
  /** What the unit price is multiplied with: `"0.001"` is a price for a thousand tokens. */
  prompt_price_unit: string;
  prompt_price: string;
  completion_tokens: number;
  completion_unit_price: string;
  completion_price_unit: string;
  completion_price: string;
  total_tokens: number;
  total_price: string;
  currency: string;
  /** Seconds. */
  latency: number;
  /** Seconds. */
  time_to_first_token?: number | null;
  /** Seconds. */
  time_to_generate?: number | null;
}

/** A passage of a knowledge base that an answer was built on. */
export interface RetrieverResource {
  /** Counted from 1. */
  position: number | null;
  dataset_id: string;
  dataset_name: string;
  document_id: string;
  document_name: string;
  data_source_type: string | null;
  segment_id: string;
  score: number | null;
  hit_count: number | null;
  word_count: number | null;
  segment_position: number | null;
  index_node_hash: string | null;
  content: string;
  summary: string | null;
  retriever_from?: string;
  page?: number | null;
  title?: string | null;
  doc_metadata?: JsonObject | null;
  files?: JsonValue[] | null;
}

/** A {@link RetrieverResource} as it is kept with its message. */
export interface StoredRetrieverResource extends RetrieverResource {
  id: string;
  message_id: string;
  created_at: number | null;
}

/** The annotation that answered in the model's place. */
export interface AnnotationHit {
  id: string;
  account: { id: string; name: string };
}

/** What is known of an answer beside its text. */
export interface MessageMetadata {
  annotation_reply?: AnnotationHit | null;
  retriever_resources: RetrieverResource[];
  /** Null in a chatflow that paused before a model was asked. */
  usage: Usage | null;
}

/** What `getSuggested` answers: questions that the user may want to ask next. */
export interface SuggestedQuestions {
  result: "success";
  data: string[];
}

/** What a user thought of an answer; `null` takes it back. */
export type Rating = "like" | "dislike" | null;

/** A feedback as the app's owner sees it. Times are ISO 8601 without a zone. */
export interface AppFeedback {
  id: string;
  app_id: string;
  conversation_id: string;
  message_id: string;
  rating: "like" | "dislike";
  content: string | null;
  from_source: string;
  from_end_user_id: string | null;
  from_account_id: string | null;
  created_at: string;
  updated_at: string;
}

/** A page of feedbacks; only the list itself is sent. */
export interface AppFeedbacks {
  data: AppFeedback[];
}

/** An end user of the app. Times are ISO 8601 without a zone. */
export interface EndUser {
  id: string;
  tenant_id: string;
  app_id: string | null;
  type: string;
  external_user_id: string | null;
  name: string | null;
  is_anonymous: boolean;
  session_id: string;
  created_at: string;
  updated_at: string;
}

/** `messageFeedback` */
export interface MessageFeedbackArgs {
  message_id: string;
  /** `null` takes an earlier rating back. */
  rating: Rating;
  user: string;
  /** Why. */
  content?: string | null | undefined;
}

/** `getSuggested` */
export interface GetSuggestedArgs {
  message_id: string;
  user: string;
}
