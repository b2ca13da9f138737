import type { Mode } from "../core/mode";
import type { OpenEnum, Page } from "./common";
import type { DocForm, IndexingTechnique } from "./datasets";
import type { FileArgument } from "./files";
import type { JsonObject } from "./json";
import type { DocumentMetadataValue } from "./metadata";
import type { RetrievalModel } from "./retrieval";

/** The steps of indexing. */
export type IndexingStatus = OpenEnum<
  "waiting" | "parsing" | "cleaning" | "splitting" | "indexing" | "paused" | "error" | "completed"
>;

/** How a document stands, all in all. */
export type DocumentDisplayStatus = OpenEnum<
  "queuing" | "indexing" | "paused" | "error" | "available" | "disabled" | "archived"
>;

/** The file behind a document. */
export interface DocumentUploadFile {
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  /** Without a dot. */
  extension: string;
  mime_type: string;
  created_by: string;
  /** Epoch seconds, with a fraction. */
  created_at: number;
}

/** Where a document comes from; `upload_file` is there where that is a file. */
export interface DocumentSource {
  upload_file?: DocumentUploadFile;
  [source: string]: unknown;
}

/** A document. Times are epoch seconds. */
export interface DatasetDocument {
  id: string;
  position: number;
  data_source_type: OpenEnum<"upload_file" | "notion_import" | "website_crawl" | "local_file">;
  data_source_info: JsonObject | null;
  data_source_detail_dict: DocumentSource | null;
  dataset_process_rule_id: string | null;
  name: string;
  created_from: OpenEnum<"api" | "web" | "rag-pipeline">;
  created_by: string;
  created_at: number;
  /** Null until it is indexed. */
  tokens: number | null;
  indexing_status: IndexingStatus;
  error: string | null;
  enabled: boolean;
  disabled_at: number | null;
  disabled_by: string | null;
  archived: boolean;
  display_status: DocumentDisplayStatus;
  /** Null until it is parsed. */
  word_count: number | null;
  hit_count: number;
  doc_form: OpenEnum<DocForm>;
  doc_metadata: DocumentMetadataValue[] | null;
  summary_index_status: string | null;
  need_summary: boolean;
}

/** What the methods that create and update documents answer: the work has only begun then. */
export interface DocumentTask {
  document: DatasetDocument;
  /** What `batchIndexingStatus` takes. */
  batch: string;
}

/** What `listDocuments` answers. */
export interface DocumentList extends Page<DatasetDocument> {}

/** How the indexing of a document stands. Times are epoch seconds, null for what has not happened. */
export interface DocumentIndexing {
  id: string;
  indexing_status: IndexingStatus;
  processing_started_at: number | null;
  parsing_completed_at: number | null;
  cleaning_completed_at: number | null;
  splitting_completed_at: number | null;
  completed_at: number | null;
  paused_at: number | null;
  error: string | null;
  stopped_at: number | null;
  completed_segments: number;
  total_segments: number;
}

/** What `batchIndexingStatus` answers. */
export interface BatchIndexingStatus {
  data: DocumentIndexing[];
}

/** A document with all that is known of it. Times are epoch seconds. */
export interface DocumentDetail {
  id: string;
  position: number;
  data_source_type: OpenEnum<"upload_file" | "notion_import" | "website_crawl" | "local_file">;
  data_source_info: DocumentSource | null;
  dataset_process_rule_id: string | null;
  dataset_process_rule: DocumentProcessRule | null;
  document_process_rule: DocumentProcessRule | null;
  name: string;
  created_from: OpenEnum<"api" | "web" | "rag-pipeline">;
  created_by: string;
  created_at: number;
  tokens: number | null;
  indexing_status: IndexingStatus;
  completed_at: number | null;
  updated_at: number | null;
  /** Seconds. */
  indexing_latency: number | null;
  error: string | null;
  enabled: boolean;
  disabled_at: number | null;
  disabled_by: string | null;
  archived: boolean;
  segment_count: number;
  /** Characters. */
  average_segment_length: number;
  hit_count: number;
  display_status: DocumentDisplayStatus;
  doc_form: OpenEnum<DocForm>;
  doc_language: string | null;
  summary_index_status: string | null;
  need_summary: boolean;
  /** Not sent with `metadata: "without"`. */
  doc_type?: string | null;
  /** Not sent with `metadata: "without"`. */
  doc_metadata?: DocumentMetadataValue[] | null;
}

/** What is sent of a document with `metadata: "only"`. */
export interface DocumentMetadataOnly {
  id: string;
  doc_type: string | null;
  doc_metadata: DocumentMetadataValue[] | null;
}

/** How a document was cut. */
export interface DocumentProcessRule {
  id?: string;
  dataset_id?: string;
  mode: OpenEnum<"automatic" | "custom" | "hierarchical">;
  rules: JsonObject | null;
}

/** Where to download a document. */
export interface DocumentDownload {
  /** Signed, so it does not work for ever. */
  url: string;
}

/** How to cut a document. */
export interface ProcessRule {
  mode: "automatic" | "custom" | "hierarchical";
  /** For the modes that are not automatic. */
  rules?: ProcessRules | null | undefined;
}

export interface ProcessRules {
  pre_processing_rules?: readonly PreProcessingRule[] | null | undefined;
  segmentation?: SegmentationRule | null | undefined;
  /** With `hierarchical`: whether parents are paragraphs or the whole document. */
  parent_mode?: "full-doc" | "paragraph" | null | undefined;
  /** With `hierarchical`: how the parents are cut into children. */
  subchunk_segmentation?: SegmentationRule | null | undefined;
}

export interface PreProcessingRule {
  id: "remove_stopwords" | "remove_extra_spaces" | "remove_urls_emails";
  enabled: boolean;
}

export interface SegmentationRule {
  /** Default is a line feed. */
  separator?: string | null | undefined;
  max_tokens?: number | null | undefined;
  /** In tokens; default 0. */
  chunk_overlap?: number | null | undefined;
}

/** `createDocumentByText`, into the client's own knowledge base. */
export interface CreateDocumentByTextArgs {
  name: string;
  text: string;
  /** Further fields of the body, merged over the others as in Python. */
  extra_params?: object | null | undefined;
  /** Default `high_quality`, as in Python. */
  indexing_technique?: IndexingTechnique | null | undefined;
  /** Default `text_model`. */
  doc_form?: DocForm | null | undefined;
  /** Default `English`. */
  doc_language?: string | null | undefined;
  /** Default `{ mode: "automatic" }`, as in Python. */
  process_rule?: ProcessRule | null | undefined;
  retrieval_model?: RetrievalModel | null | undefined;
  embedding_model?: string | null | undefined;
  /** `organization/plugin/provider` */
  embedding_model_provider?: string | null | undefined;
  original_document_id?: string | null | undefined;
}

/** `updateDocumentByText` */
export interface UpdateDocumentByTextArgs {
  document_id: string;
  name: string;
  text: string;
  /** Further fields of the body, merged over the others as in Python. */
  extra_params?: object | null | undefined;
  process_rule?: ProcessRule | null | undefined;
  doc_form?: DocForm | null | undefined;
  doc_language?: string | null | undefined;
  retrieval_model?: RetrievalModel | null | undefined;
}

/** `createDocumentByFile`, into the client's own knowledge base. */
export interface CreateDocumentByFileArgs<M extends Mode> {
  /** A path, or a file in any form that the family takes. */
  file_path: string | FileArgument<M>;
  /** A document that this one is a new version of. */
  original_document_id?: string | null | undefined;
  /** Further fields of the `data` part, merged over the others (but `original_document_id`) as in Python. */
  extra_params?: object | null | undefined;
  /** Default `high_quality`, as in Python. */
  indexing_technique?: IndexingTechnique | null | undefined;
  /** Default `text_model`. */
  doc_form?: DocForm | null | undefined;
  /** Default `English`. */
  doc_language?: string | null | undefined;
  /** Default `{ mode: "automatic" }`, as in Python. */
  process_rule?: ProcessRule | null | undefined;
  retrieval_model?: RetrievalModel | null | undefined;
  embedding_model?: string | null | undefined;
  /** `organization/plugin/provider` */
  embedding_model_provider?: string | null | undefined;
}

/** `updateDocumentByFile` */
export interface UpdateDocumentByFileArgs<M extends Mode> {
  document_id: string;
  /** A path, or a file in any form that the family takes. */
  file_path: string | FileArgument<M>;
  /** Further fields of the `data` part, merged over the others as in Python. */
  extra_params?: object | null | undefined;
  doc_form?: DocForm | null | undefined;
  doc_language?: string | null | undefined;
  process_rule?: ProcessRule | null | undefined;
  retrieval_model?: RetrievalModel | null | undefined;
  embedding_model?: string | null | undefined;
  /** `organization/plugin/provider` */
  embedding_model_provider?: string | null | undefined;
}

/** `batchIndexingStatus` */
export interface BatchIndexingStatusArgs {
  /** The `batch` of the answer that began the work. */
  batch_id: string;
}

/** `deleteDocument` */
export interface DeleteDocumentArgs {
  document_id: string;
}

/** `listDocuments` */
export interface ListDocumentsArgs {
  /** Default 1. */
  page?: number | null | undefined;
  /** Default 20. */
  page_size?: number | null | undefined;
  keyword?: string | null | undefined;
  status?:
    | "queuing"
    | "indexing"
    | "paused"
    | "error"
    | "available"
    | "disabled"
    | "archived"
    | null
    | undefined;
}

/** `batchUpdateDocumentStatus` */
export interface BatchUpdateDocumentStatusArgs {
  action: "enable" | "disable" | "archive" | "un_archive";
  document_ids: readonly string[];
  /** Default is the client's own. */
  dataset_id?: string | null | undefined;
}
