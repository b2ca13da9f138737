import type { Call } from "./call";
import { AUTOMATIC_RULES, type ProcessRule } from "./chunks";
import { type Document, indexingStatus } from "./knowledge";

/** A document as lists and the answers to uploads show it. */
export function showDocument(call: Call, document: Document, fresh = false) {
  const { accountId } = call.state.knowledge;
  const status = fresh ? "waiting" : indexingStatus(document);
  const counted = status === "completed" || document.reindexed;
  return {
    id: document.id,
    position: document.position,
    data_source_type: "upload_file",
    data_source_info: { upload_file_id: document.upload.id },
    data_source_detail_dict: { upload_file: showUpload(call, document) },
    dataset_process_rule_id: document.ruleId,
    name: document.name,
    created_from: document.createdFrom,
    created_by: accountId,
    created_at: document.createdAt,
    tokens: counted ? 0 : null,
    indexing_status: status,
    error: null,
    enabled: document.enabled,
    disabled_at: document.disabledAt,
    disabled_by: document.disabledAt === null ? null : accountId,
    archived: document.archived,
    display_status: displayStatus(document, status),
    word_count: counted ? wordCount(document) : null,
    hit_count: hits(document),
    doc_form: document.docForm,
    doc_metadata: document.metadata ?? [],
    summary_index_status: null,
    need_summary: false,
  };
}

/** A document asked for alone, with or without its metadata, or those only. */
export function showDetail(call: Call, document: Document, metadata: "all" | "only" | "without") {
  const { accountId } = call.state.knowledge;
  const about = { doc_type: null, doc_metadata: document.metadata };
  if (metadata === "only") return { id: document.id, ...about };
  const status = indexingStatus(document);
  const done = status === "completed";
  const count = done ? document.segments.length : 0;
  const { dataset } = document;
  return {
    id: document.id,
    position: document.position,
    data_source_type: "upload_file",
    data_source_info: { upload_file: showUpload(call, document) },
    dataset_process_rule_id: document.ruleId,
    dataset_process_rule: dataset.rule ? showRule(dataset.rule.rule) : null,
    document_process_rule: { id: document.ruleId, dataset_id: dataset.id, ...showRule(document.rule) },
    name: document.name,
    created_from: document.createdFrom,
    created_by: accountId,
    created_at: document.createdAt,
    tokens: done || document.reindexed ? 0 : null,
    indexing_status: status,
    completed_at: done ? stamp(document, 1) : null,
    updated_at: document.updatedAt,
    indexing_latency: done ? document.indexing.lasts / 1000 : null,
    error: null,
    enabled: document.enabled,
    disabled_at: document.disabledAt,
    disabled_by: document.disabledAt === null ? null : accountId,
    archived: document.archived,
    ...(metadata === "all" ? about : {}),
    segment_count: count,
    average_segment_length: count === 0 ? 0 : Math.floor(wordCount(document) / count),
    hit_count: hits(document),
    display_status: displayStatus(document, status),
    doc_form: document.docForm,
    doc_language: document.docLanguage,
    summary_index_status: null,
    need_summary: false,
  };
}

/** The state of a document's indexing, stage by stage. */
export function showIndexing(document: Document) {
  const status = indexingStatus(document);
  const stage = ["waiting", "parsing", "splitting", "indexing", "completed"].indexOf(status);
  const reached = (number: number) => (stage >= number ? stamp(document, number / 4) : null);
  const total = stage >= 3 ? document.segments.length : 0;
  return {
    id: document.id,
    indexing_status: status,
    processing_started_at: reached(1),
    parsing_completed_at: reached(2),
    cleaning_completed_at: reached(3),
    splitting_completed_at: reached(3),
    completed_at: reached(4),
    paused_at: null,
    error: null,
    stopped_at: null,
    completed_segments: stage === 4 ? total : 0,
    total_segments: total,
  };
}

const stamp = (document: Document, share: number): number =>
  Math.floor((document.indexing.began + document.indexing.lasts * share) / 1000);

const wordCount = (document: Document): number =>
  document.segments.reduce((sum, { content }) => sum + content.length, 0);

const hits = (document: Document): number =>
  document.segments.reduce((sum, { hitCount }) => sum + hitCount, 0);

function displayStatus(document: Document, status: string): string {
  if (status === "waiting") return "queuing";
  if (status !== "completed") return "indexing";
  if (document.archived) return "archived";
  return document.enabled ? "available" : "disabled";
}

function showUpload(call: Call, document: Document) {
  const { id, name, size, extension, mimeType, createdAt } = document.upload;
  return {
    id,
    name,
    size,
    extension,
    mime_type: mimeType,
    created_by: call.state.knowledge.accountId,
    created_at: createdAt,
  };
}

function showRule(rule: ProcessRule) {
  if (rule.mode === "automatic" || !rule.rules) return { mode: rule.mode, rules: AUTOMATIC_RULES };
  const segmentation = { ...(rule.rules.segmentation as object | undefined) };
  return {
    mode: rule.mode,
    rules: {
      parent_mode: null,
      subchunk_segmentation: null,
      ...rule.rules,
      segmentation: { separator: "\n", max_tokens: 500, chunk_overlap: 0, ...segmentation },
    },
  };
}
