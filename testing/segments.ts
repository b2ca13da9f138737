import { type Answer, type Call, empty, json } from "./call";
import { keywordsOf } from "./chunks";
import { paged } from "./datasets";
import { inPath } from "./documents";
import { refuse } from "./errors";
import { type ChildChunk, type Document, indexingStatus, type Segment } from "./knowledge";
import type { Route } from "./router";
import * as schema from "./schema";
import {
  asBareError,
  defaulted,
  type Fields,
  integer,
  list,
  nested,
  optional,
  required,
  text,
} from "./schema";
import { showChild, showSegment } from "./segment-view";
import { now } from "./state";

const LIST_QUERY: Fields = {
  page: defaulted(integer({ ge: 1 }), 1),
  limit: defaulted(integer({ ge: 1 }), 20),
  keyword: optional(text()),
};

function listSegments(call: Call): Answer {
  const query = call.checkedQuery("SegmentListQuery", LIST_QUERY);
  const document = inPath(call);
  const statuses = call.query.getAll("status").filter((status) => status !== "");
  const keyword = String(query.keyword ?? "").toLowerCase();
  const ready = indexingStatus(document) === "completed" ? document.segments : [];
  const rows = ready
    .filter(({ content }) => content.toLowerCase().includes(keyword))
    .filter(() => statuses.length === 0 || statuses.includes("completed"))
    .sort((a, b) => a.position - b.position);
  const page = paged(rows, query.page as number, query.limit as number, (row) =>
    showSegment(call, document, row),
  );
  return json({
    data: page.data,
    doc_form: document.docForm,
    total: page.total,
    has_more: page.has_more,
    limit: page.limit,
    page: page.page,
  });
}

const NEW_SEGMENT: Fields = {
  content: required(text({ min: 1 })),
  answer: optional(text()),
  keywords: optional(list(text())),
  attachment_ids: optional(list(text())),
};

async function createSegments(call: Call): Promise<Answer> {
  const document = inPath(call);
  if (indexingStatus(document) !== "completed") throw refuse.notFound("Document is not completed.");
  if (!document.enabled) throw refuse.notFound("Document is disabled.");
  const raw = await call.json();
  const body = asBareError(() =>
    schema.validate(
      "SegmentCreatePayload",
      { segments: required(list(nested(NEW_SEGMENT), { min: 1 })) },
      raw,
    ),
  );
  const created = (body.segments as Record<string, unknown>[]).map((wanted) =>
    call.state.knowledge.addSegment(
      document,
      String(wanted.content),
      // Only a knowledge base of questions and answers keeps an answer.
      document.docForm === "qa_model" ? ((wanted.answer as string | null) ?? null) : null,
      (wanted.keywords as string[] | null) ?? null,
    ),
  );
  return json({
    data: created.map((segment) => showSegment(call, document, segment)),
    doc_form: document.docForm,
  });
}

/** The segment in the path, with its document. */
function segmentInPath(call: Call): { document: Document; segment: Segment } {
  const document = inPath(call);
  const id = call.param("segment_id").toLowerCase();
  const segment = document.segments.find((candidate) => candidate.id === id);
  if (!segment) throw refuse.notFound("Segment not found.");
  return { document, segment };
}

function getSegment(call: Call): Answer {
  const { document, segment } = segmentInPath(call);
  return json({ data: showSegment(call, document, segment), doc_form: document.docForm });
}

const SEGMENT_UPDATE: Fields = {
  segment: required(
    nested({
      content: optional(text()),
      answer: optional(text()),
      keywords: optional(list(text())),
      regenerate_child_chunks: defaulted(schema.boolean, false),
      enabled: optional(schema.boolean),
      attachment_ids: optional(list(text())),
      summary: optional(text()),
    }),
  ),
};

async function updateSegment(call: Call): Promise<Answer> {
  const { document, segment } = segmentInPath(call);
  const body = await call.payload("SegmentUpdatePayload", SEGMENT_UPDATE);
  const change = body.segment as Record<string, unknown>;
  if (!segment.enabled && change.enabled !== true) throw refuse.invalid("Can't update disabled segment");
  if (change.enabled === false) {
    // Switching off does nothing else.
    segment.enabled = false;
    segment.disabledAt = now();
  } else {
    segment.enabled = true;
    segment.disabledAt = null;
    edit(call, document, segment, change);
  }
  segment.updatedAt = now();
  segment.edited = true;
  return json({ data: showSegment(call, document, segment), doc_form: document.docForm });
}

function edit(call: Call, document: Document, segment: Segment, change: Record<string, unknown>): void {
  if (typeof change.content === "string" && change.content !== "") {
    segment.content = change.content;
    if (document.dataset.indexingTechnique === "economy") segment.keywords = keywordsOf(segment.content);
  }
  if (Array.isArray(change.keywords) && change.keywords.length > 0)
    segment.keywords = change.keywords as string[];
  if (typeof change.answer === "string" && document.docForm === "qa_model") segment.answer = change.answer;
  if (change.regenerate_child_chunks) call.state.knowledge.cutChildren(segment);
}

function deleteSegment(call: Call): Answer {
  const { document, segment } = segmentInPath(call);
  document.segments.splice(document.segments.indexOf(segment), 1);
  return empty;
}

function listChildren(call: Call): Answer {
  const query = call.checkedQuery("ChildChunkListQuery", LIST_QUERY);
  const { segment } = segmentInPath(call);
  const keyword = String(query.keyword ?? "").toLowerCase();
  const rows = segment.children.filter(({ content }) => content.toLowerCase().includes(keyword));
  const limit = Math.min(query.limit as number, 100);
  const page = query.page as number;
  return json({
    data: rows.slice((page - 1) * limit, page * limit).map((child) => showChild(segment, child)),
    total: rows.length,
    total_pages: Math.ceil(rows.length / limit),
    page,
    limit,
  });
}

async function createChild(call: Call): Promise<Answer> {
  const { segment } = segmentInPath(call);
  const body = await call.payload("ChildChunkCreatePayload", { content: required(text()) });
  const child = call.state.knowledge.addChild(segment, String(body.content), "customized");
  return json({ data: showChild(segment, child) });
}

function childInPath(call: Call): { segment: Segment; child: ChildChunk } {
  const { segment } = segmentInPath(call);
  const id = call.param("child_chunk_id").toLowerCase();
  const child = segment.children.find((candidate) => candidate.id === id);
  if (!child) throw refuse.notFound("Child chunk not found.");
  return { segment, child };
}

async function updateChild(call: Call): Promise<Answer> {
  const { segment, child } = childInPath(call);
  const body = await call.payload("ChildChunkUpdatePayload", { content: required(text()) });
  child.content = String(body.content);
  child.type = "customized";
  child.updatedAt = now();
  return json({ data: showChild(segment, child) });
}

function deleteChild(call: Call): Answer {
  const { segment, child } = childInPath(call);
  segment.children.splice(segment.children.indexOf(child), 1);
  return empty;
}

const all = "/datasets/<uuid:dataset_id>/documents/<uuid:document_id>/segments";
const one = `${all}/<uuid:segment_id>`;
const children = `${one}/child_chunks`;
const child = `${children}/<uuid:child_chunk_id>`;

export const segmentRoutes: Route[] = [
  { method: "GET", rule: all, key: "dataset", handler: listSegments },
  { method: "POST", rule: all, key: "dataset", handler: createSegments },
  { method: "GET", rule: one, key: "dataset", handler: getSegment },
  { method: "POST", rule: one, key: "dataset", handler: updateSegment },
  { method: "DELETE", rule: one, key: "dataset", handler: deleteSegment },
  { method: "GET", rule: children, key: "dataset", handler: listChildren },
  { method: "POST", rule: children, key: "dataset", handler: createChild },
  { method: "PATCH", rule: child, key: "dataset", handler: updateChild },
  { method: "DELETE", rule: child, key: "dataset", handler: deleteChild },
];
