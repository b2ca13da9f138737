import { createHash } from "node:crypto";
import type { Call } from "./call";
import type { ChildChunk, Document, Segment } from "./knowledge";

/** A segment as its own routes show it. */
export function showSegment(call: Call, document: Document, segment: Segment) {
  const { document_id, times, ...rest } = parts(call, document, segment);
  return {
    ...rest.head,
    document_id,
    content: segment.content,
    sign_content: segment.content,
    ...rest.middle,
    keywords: segment.keywords,
    ...rest.tail,
    created_at: segment.createdAt,
    updated_at: segment.updatedAt,
    updated_by: segment.edited ? call.state.knowledge.accountId : null,
    ...times,
    child_chunks: segment.children.map((child) => showChild(segment, child)),
    attachments: [],
    summary: null,
  };
}

/** A segment as a retrieval's records show it: without some fields, with its document. */
export function showHit(call: Call, document: Document, segment: Segment) {
  const { document_id, times, ...rest } = parts(call, document, segment);
  const metadata = document.metadata?.map(({ name, value }) => [name, value] as const);
  return {
    ...rest.head,
    document_id,
    content: segment.content,
    sign_content: null,
    ...rest.middle,
    keywords: segment.keywords ?? [],
    ...rest.tail,
    created_at: segment.createdAt,
    ...times,
    document: {
      id: document.id,
      data_source_type: "upload_file",
      name: document.name,
      doc_type: null,
      doc_metadata: metadata ? Object.fromEntries(metadata) : null,
    },
  };
}

function parts(call: Call, document: Document, segment: Segment) {
  const { accountId } = call.state.knowledge;
  const words = segment.content.split(/\s+/).filter((word) => word !== "").length;
  return {
    head: { id: segment.id, position: segment.position },
    document_id: document.id,
    middle: {
      answer: segment.answer,
      word_count: [...segment.content].length,
      tokens: document.dataset.indexingTechnique === "high_quality" ? words : 0,
    },
    tail: {
      index_node_id: segment.indexNodeId,
      index_node_hash: createHash("sha256").update(segment.content).digest("hex"),
      hit_count: segment.hitCount,
      enabled: segment.enabled,
      disabled_at: segment.disabledAt,
      disabled_by: segment.disabledAt === null ? null : accountId,
      status: "completed",
      created_by: accountId,
    },
    times: {
      indexing_at: segment.createdAt,
      completed_at: segment.createdAt,
      error: null,
      stopped_at: null,
    },
  };
}

export function showChild(segment: Segment, child: ChildChunk) {
  return {
    id: child.id,
    segment_id: segment.id,
    content: child.content,
    position: child.position,
    word_count: [...child.content].length,
    type: child.type,
    created_at: child.createdAt,
    updated_at: child.updatedAt,
  };
}
