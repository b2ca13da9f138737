import { type Answer, type Call, json } from "./call";
import { keywordsOf, similarity } from "./chunks";
import { RETRIEVAL_MODEL } from "./datasets";
import { refuse } from "./errors";
import { type Dataset, type Document, indexingStatus, type Segment } from "./knowledge";
import type { Route } from "./router";
import { dictionary, type Fields, list, nested, optional, required, text } from "./schema";
import { showHit } from "./segment-view";

const REQUEST: Fields = {
  query: required(text({ max: 250 })),
  retrieval_model: optional(nested(RETRIEVAL_MODEL)),
  external_retrieval_model: optional(dictionary),
  attachment_ids: optional(list(text())),
};

interface Hit {
  document: Document;
  segment: Segment;
  /** What the hits are ordered by. */
  rank: number;
  score: number;
  children: { id: string; content: string; position: number; score: number }[];
}

async function retrieve(call: Call): Promise<Answer> {
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const body = await call.payload("HitTestingPayload", REQUEST);
  const query = String(body.query);
  const attachments = body.attachment_ids as unknown[] | null;
  if (query === "" && !attachments?.length) throw refuse.invalid("Query or attachment_ids is required");
  const model = (body.retrieval_model ?? dataset.retrievalModel ?? {}) as Record<string, unknown>;
  const method = model.search_method ?? "semantic_search";
  const economy = dataset.indexingTechnique !== "high_quality";
  if (economy && method !== "keyword_search") throw noVectors(dataset);
  const hits = method === "keyword_search" ? byKeywords(dataset, query) : bySimilarity(dataset, query, model);
  const best = hits.sort((a, b) => b.rank - a.rank).slice(0, Number(model.top_k ?? 2));
  for (const { segment } of best) segment.hitCount += 1;
  return json({
    query: { content: query },
    records: best.map(({ document, segment, score, children }) => ({
      segment: showHit(call, document, segment),
      child_chunks: children,
      score,
      tsne_position: null,
      files: [],
      summary: null,
    })),
  });
}

/** An economy knowledge base has no vectors, and the database says so. */
function noVectors(dataset: Dataset) {
  const relation = `embedding_vector_index_${dataset.id.replaceAll("-", "_")}_nod`;
  const line = "LINE 1: ..., 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]' AS distance FROM embedding_...";
  return refuse.invalid(`relation "${relation}" does not exist\n${line}\n${" ".repeat(61)}^\n`);
}

function* searchable(dataset: Dataset): Generator<{ document: Document; segment: Segment }> {
  for (const document of dataset.documents) {
    if (!document.enabled || document.archived || indexingStatus(document) !== "completed") continue;
    for (const segment of document.segments) if (segment.enabled) yield { document, segment };
  }
}

/** Keywords are compared as they are written: "dify" does not find "Dify". */
function byKeywords(dataset: Dataset, query: string): Hit[] {
  const wanted = keywordsOf(query);
  const hits: Hit[] = [];
  for (const { document, segment } of searchable(dataset)) {
    const rank = wanted.filter((word) => segment.keywords?.includes(word)).length;
    if (rank > 0) hits.push({ document, segment, rank, score: 0, children: [] });
  }
  return hits;
}

function bySimilarity(dataset: Dataset, query: string, model: Record<string, unknown>): Hit[] {
  const threshold = model.score_threshold_enabled ? Number(model.score_threshold ?? 0) : 0;
  const hits: Hit[] = [];
  for (const { document, segment } of searchable(dataset)) {
    const children = segment.children
      .map(({ id, content, position }) => ({ id, content, position, score: similarity(query, content) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
    const parent = document.docForm === "hierarchical_model";
    const score = parent ? (children[0]?.score ?? 0) : similarity(query, segment.content);
    if (score > 0 && score >= threshold) hits.push({ document, segment, rank: score, score, children });
  }
  return hits;
}

const one = "/datasets/<uuid:dataset_id>";

export const retrievalRoutes: Route[] = [
  { method: "POST", rule: `${one}/hit-testing`, key: "dataset", handler: retrieve },
  { method: "POST", rule: `${one}/retrieve`, key: "dataset", handler: retrieve },
];
