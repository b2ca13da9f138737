import type { JsonObject, JsonValue } from "./json";
import type { ChildChunk, SegmentAttachment } from "./segments";

/** The ways to search. An economy knowledge base knows `keyword_search` only. */
export type SearchMethod = "keyword_search" | "semantic_search" | "full_text_search" | "hybrid_search";

/** A model that sorts what was found. */
export interface RerankingModel {
  /** `organization/plugin/provider` */
  reranking_provider_name?: string | null | undefined;
  reranking_model_name?: string | null | undefined;
}

/** What counts how much in a hybrid search. */
export interface RetrievalWeights {
  weight_type?: "semantic_first" | "keyword_first" | "customized" | null | undefined;
  vector_setting?:
    | {
        /** 0 to 1. */
        vector_weight?: number | null | undefined;
        embedding_provider_name?: string | null | undefined;
        embedding_model_name?: string | null | undefined;
      }
    | null
    | undefined;
  /** 0 to 1. */
  keyword_setting?: { keyword_weight?: number | null | undefined } | null | undefined;
}

/** How to compare a metadata field. */
export type MetadataComparison =
  | "contains"
  | "not contains"
  | "start with"
  | "end with"
  | "is"
  | "is not"
  | "empty"
  | "not empty"
  | "in"
  | "not in"
  | "="
  | "≠"
  | ">"
  | "<"
  | "≥"
  | "≤"
  | "before"
  | "after";

/** Which documents to search, by their metadata. */
export interface MetadataFilter {
  logical_operator?: "and" | "or" | null | undefined;
  conditions?: readonly MetadataCondition[] | null | undefined;
}

export interface MetadataCondition {
  /** The field's name. */
  name: string;
  comparison_operator: MetadataComparison;
  /** Not needed for `empty` and `not empty`. */
  value?: string | readonly string[] | number | null | undefined;
}

/** How to search a knowledge base. */
export interface RetrievalModel {
  search_method: SearchMethod;
  reranking_enable: boolean;
  /** Needed with `reranking_enable`. */
  reranking_mode?: "reranking_model" | "weighted_score" | null | undefined;
  reranking_model?: RerankingModel | null | undefined;
  /** How many passages at most. */
  top_k: number;
  score_threshold_enabled: boolean;
  /** 0 to 1. */
  score_threshold?: number | null | undefined;
  weights?: RetrievalWeights | null | undefined;
  metadata_filtering_conditions?: MetadataFilter | null | undefined;
}

/** How to search an external knowledge base. */
export interface ExternalRetrievalModel {
  /** How many passages at most. */
  top_k?: number | null | undefined;
  /** 0 to 1. */
  score_threshold?: number | null | undefined;
  score_threshold_enabled?: boolean | null | undefined;
}

/** What `hitTesting` answers: the passages found, the best first. */
export interface RetrievalResult {
  query: { content: string };
  records: RetrievalRecord[];
}

/** A passage that was found. */
export interface RetrievalRecord {
  segment: RetrievedSegment;
  /** The parts that matched, in a parent-child knowledge base. */
  child_chunks: RetrievedChildChunk[];
  score: number;
  tsne_position: JsonValue;
  files: SegmentAttachment[];
  summary: string | null;
}

/** A part of a passage that matched. */
export interface RetrievedChildChunk extends Pick<ChildChunk, "id" | "content" | "position"> {
  score: number;
}

/** A passage, and the document it is from. Times are epoch seconds. */
export interface RetrievedSegment {
  id: string;
  position: number;
  document_id: string;
  content: string;
  sign_content: string | null;
  answer: string | null;
  word_count: number;
  tokens: number;
  keywords: string[];
  index_node_id: string;
  index_node_hash: string;
  hit_count: number;
  enabled: boolean;
  disabled_at: number | null;
  disabled_by: string | null;
  status: string;
  created_by: string;
  created_at: number;
  indexing_at: number | null;
  completed_at: number | null;
  error: string | null;
  stopped_at: number | null;
  document: RetrievedDocument;
}

export interface RetrievedDocument {
  id: string;
  data_source_type: string;
  name: string;
  doc_type: string | null;
  /** Values by field name. */
  doc_metadata: JsonObject | null;
}

/** `hitTesting` */
export interface HitTestingArgs {
  /** At most 250 characters. */
  query: string;
  /** Default is how the knowledge base is set to be searched. */
  retrieval_model?: RetrievalModel | null | undefined;
  external_retrieval_model?: ExternalRetrievalModel | null | undefined;
  /** Images to search with, in a multimodal knowledge base. */
  attachment_ids?: readonly string[] | null | undefined;
}
