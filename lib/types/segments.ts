import type { OpenEnum, Page } from "./common";
import type { DocForm } from "./datasets";

/** A passage of a document. Times are epoch seconds. */
export interface Segment {
  id: string;
  position: number;
  document_id: string;
  content: string;
  /** The content with its images' addresses signed. */
  sign_content: string;
  /** In a question-and-answer document; else null. */
  answer: string | null;
  word_count: number;
  tokens: number;
  keywords: string[] | null;
  index_node_id: string;
  index_node_hash: string;
  hit_count: number;
  enabled: boolean;
  disabled_at: number | null;
  disabled_by: string | null;
  status: OpenEnum<"waiting" | "indexing" | "completed" | "error">;
  created_by: string;
  created_at: number;
  updated_at: number;
  updated_by: string | null;
  indexing_at: number | null;
  completed_at: number | null;
  error: string | null;
  stopped_at: number | null;
  child_chunks: ChildChunk[];
  attachments: SegmentAttachment[];
  summary: string | null;
}

/** A child of a passage, in a parent-child knowledge base. Times are epoch seconds. */
export interface ChildChunk {
  id: string;
  segment_id: string;
  content: string;
  position: number;
  word_count: number;
  type: OpenEnum<"automatic" | "customized">;
  created_at: number;
  updated_at: number;
}

/** A file that belongs to a passage. */
export interface SegmentAttachment {
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  extension: string;
  mime_type: string;
  source_url: string;
}

/** What `addSegments` answers. */
export interface SegmentsAdded {
  data: Segment[];
  doc_form: OpenEnum<DocForm>;
}

/** What `querySegments` answers. */
export interface SegmentList extends Page<Segment> {
  doc_form: OpenEnum<DocForm>;
}

/** What `updateDocumentSegment` answers. */
export interface SegmentDetail {
  data: Segment;
  doc_form: OpenEnum<DocForm>;
}

/** A list of children; `has_more` is not sent. */
export interface ChildChunkList {
  data: ChildChunk[];
  total: number;
  total_pages: number;
  page: number;
  limit: number;
}

/** One child. */
export interface ChildChunkDetail {
  data: ChildChunk;
}

/** A passage to add. */
export interface NewSegment {
  content: string;
  /** For a question-and-answer document. */
  answer?: string | null | undefined;
  /** Default: the server finds them. */
  keywords?: readonly string[] | null | undefined;
  attachment_ids?: readonly string[] | null | undefined;
}

/** What to change in a passage. */
export interface SegmentUpdate {
  content?: string | null | undefined;
  /** For a question-and-answer document. */
  answer?: string | null | undefined;
  keywords?: readonly string[] | null | undefined;
  enabled?: boolean | null | undefined;
  /** Whether its children are cut anew. Default false. */
  regenerate_child_chunks?: boolean | null | undefined;
  attachment_ids?: readonly string[] | null | undefined;
  summary?: string | null | undefined;
}

/** `addSegments` */
export interface AddSegmentsArgs {
  document_id: string;
  segments: readonly NewSegment[];
}

/** `querySegments` */
export interface QuerySegmentsArgs {
  document_id: string;
  keyword?: string | null | undefined;
  /** One status or several, such as `completed`. */
  status?: string | readonly string[] | null | undefined;
  /** Default 1. */
  page?: number | null | undefined;
  /** Default 20. */
  limit?: number | null | undefined;
}

/** `deleteDocumentSegment` */
export interface DeleteDocumentSegmentArgs {
  document_id: string;
  segment_id: string;
}

/** `updateDocumentSegment` */
export interface UpdateDocumentSegmentArgs {
  document_id: string;
  segment_id: string;
  segment_data: SegmentUpdate;
}
