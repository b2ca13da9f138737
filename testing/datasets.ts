import { type Answer, type Call, empty, json } from "./call";
import { Refusal, refuse } from "./errors";
import { type Dataset, indexingStatus } from "./knowledge";
import { PROVIDER } from "./models";
import type { Route } from "./router";
import * as schema from "./schema";
import { defaulted, type Fields, integer, list, oneOf, optional, required, text } from "./schema";
import { now } from "./state";

export const SEARCH_METHODS = ["semantic_search", "full_text_search", "hybrid_search", "keyword_search"];
const PERMISSIONS = ["only_me", "all_team_members", "partial_members"];

/** The request's part about retrieval; the four fields are required together. */
export const RETRIEVAL_MODEL: Fields = {
  search_method: required(oneOf(SEARCH_METHODS, "enum")),
  reranking_enable: required(schema.boolean),
  reranking_model: optional(schema.dictionary),
  reranking_mode: optional(text()),
  top_k: required(integer()),
  score_threshold_enabled: required(schema.boolean),
  score_threshold: optional(schema.number),
  weights: optional(schema.dictionary),
  metadata_filtering_conditions: optional(schema.dictionary),
};

const LIST_QUERY: Fields = {
  page: defaulted(integer(), 1),
  limit: defaulted(integer(), 20),
  keyword: optional(text()),
  include_all: defaulted(schema.boolean, false),
};

function listDatasets(call: Call): Answer {
  const query = call.checkedQuery("DatasetListQuery", LIST_QUERY);
  const tags = call.query.getAll("tag_ids").filter((id) => id !== "");
  const keyword = String(query.keyword ?? "").toLowerCase();
  const found = [...call.state.knowledge.datasets.values()].filter((dataset) => {
    if (!dataset.name.toLowerCase().includes(keyword)) return false;
    return tags.every((id) =>
      call.state.knowledge.tags.find((tag) => tag.id === id)?.datasets.has(dataset.id),
    );
  });
  return json(
    paged(found, query.page as number, query.limit as number, (dataset) => show(call, dataset, true)),
  );
}

/** A page in the envelope that knowledge lists have; a limit of 0 means all. */
export function paged<T>(rows: readonly T[], page: number, limit: number, showRow: (row: T) => unknown) {
  const size = limit > 0 ? Math.min(limit, 100) : Math.max(rows.length, 1);
  const begin = (Math.max(page, 1) - 1) * size;
  const data = rows.slice(begin, begin + size).map(showRow);
  return { data, has_more: rows.length > begin + size, limit, total: rows.length, page };
}

/** @param available what `embedding_available` says: only lists and the single dataset know */
function show(call: Call, dataset: Dataset, available: boolean | null) {
  const { knowledge } = call.state;
  const retrieval = dataset.retrievalModel;
  const completed = dataset.documents.filter((document) => indexingStatus(document) === "completed");
  const { accountId } = knowledge;
  return {
    id: dataset.id,
    name: dataset.name,
    description: dataset.description,
    provider: "vendor",
    permission: dataset.permission,
    data_source_type: dataset.documents.length > 0 ? "upload_file" : null,
    indexing_technique: dataset.indexingTechnique,
    app_count: 0,
    document_count: dataset.documents.length,
    word_count: completed
      .flatMap((document) => document.segments)
      .reduce((sum, { content }) => sum + content.length, 0),
    created_by: accountId,
    author_name: "admin",
    created_at: dataset.createdAt,
    updated_by: accountId,
    updated_at: dataset.updatedAt,
    embedding_model: dataset.embeddingModel,
    embedding_model_provider: dataset.embeddingProvider,
    embedding_available: available,
    retrieval_model_dict: retrievalDict(retrieval),
    summary_index_setting: {
      enable: null,
      model_name: null,
      model_provider_name: null,
      summary_prompt: null,
    },
    tags: knowledge.tags
      .filter((tag) => tag.datasets.has(dataset.id))
      .map((tag) => ({ id: tag.id, name: tag.name, type: "knowledge" })),
    doc_form: dataset.docForm,
    external_knowledge_info: {
      external_knowledge_id: null,
      external_knowledge_api_id: null,
      external_knowledge_api_name: null,
      external_knowledge_api_endpoint: null,
    },
    external_retrieval_model: {
      top_k: retrieval?.top_k ?? 2,
      score_threshold: retrieval ? (retrieval.score_threshold ?? null) : 0,
      score_threshold_enabled: retrieval ? (retrieval.score_threshold_enabled ?? null) : null,
    },
    doc_metadata: dataset.fields.map(({ id, name, type }) => ({ id, name, type })),
    built_in_field_enabled: dataset.builtInFields,
    pipeline_id: null,
    runtime_mode: "general",
    chunk_structure: null,
    icon_info: { icon_type: null, icon: null, icon_background: null, icon_url: null },
    is_published: false,
    total_documents: dataset.documents.length,
    total_available_documents: completed.filter((document) => document.enabled && !document.archived).length,
    enable_api: true,
    is_multimodal: false,
  };
}

function retrievalDict(retrieval: Record<string, unknown> | null) {
  const reranking = (retrieval?.reranking_model ?? {}) as Record<string, unknown>;
  const unset = retrieval ? null : "";
  return {
    search_method: retrieval?.search_method ?? "semantic_search",
    reranking_enable: retrieval?.reranking_enable ?? false,
    reranking_mode: retrieval?.reranking_mode ?? null,
    reranking_model: {
      reranking_provider_name: reranking.reranking_provider_name ?? unset,
      reranking_model_name: reranking.reranking_model_name ?? unset,
    },
    weights: retrieval?.weights ?? null,
    top_k: retrieval?.top_k ?? 2,
    score_threshold_enabled: retrieval?.score_threshold_enabled ?? false,
    score_threshold: retrieval?.score_threshold ?? null,
  };
}

const COMMON: Fields = {
  description: optional(text({ max: 400 })),
  indexing_technique: optional(oneOf(["high_quality", "economy"])),
  permission: optional(oneOf(PERMISSIONS, "enum")),
  external_knowledge_api_id: optional(text()),
  external_knowledge_id: optional(text()),
  retrieval_model: optional(schema.nested(RETRIEVAL_MODEL)),
  embedding_model: optional(text()),
  embedding_model_provider: optional(text()),
};

const CREATE_REQUEST: Fields = {
  name: required(text({ min: 1, max: 40 })),
  ...COMMON,
  provider: defaulted(text(), "vendor"),
  summary_index_setting: optional(schema.dictionary),
};

const UPDATE_REQUEST: Fields = {
  name: optional(text({ min: 1, max: 40 })),
  ...COMMON,
  partial_member_list: optional(list(schema.dictionary)),
  external_retrieval_model: optional(schema.dictionary),
};

async function createDataset(call: Call): Promise<Answer> {
  const body = await call.payload("DatasetCreatePayload", CREATE_REQUEST);
  checkName(call, body.name as string, undefined);
  checkEmbedding(body);
  const dataset = call.state.knowledge.addDataset({
    name: body.name as string,
    description: (body.description as string | null) ?? "",
  });
  apply(dataset, body);
  return json(show(call, dataset, null));
}

async function updateDataset(call: Call): Promise<Answer> {
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const body = await call.payload("DatasetUpdatePayload", UPDATE_REQUEST);
  if (typeof body.name === "string") checkName(call, body.name, dataset);
  checkEmbedding(body);
  if (typeof body.name === "string") dataset.name = body.name;
  if (typeof body.description === "string") dataset.description = body.description;
  apply(dataset, body);
  dataset.updatedAt = now();
  const members = body.permission === "partial_members" ? (body.partial_member_list ?? []) : [];
  return json({ ...show(call, dataset, null), partial_member_list: members });
}

function apply(dataset: Dataset, body: Record<string, unknown>): void {
  if (body.permission) dataset.permission = String(body.permission);
  if (body.indexing_technique) dataset.indexingTechnique = String(body.indexing_technique);
  if (dataset.indexingTechnique === "high_quality") {
    dataset.embeddingModel = String(body.embedding_model ?? dataset.embeddingModel ?? "fake-embedding");
    dataset.embeddingProvider = String(
      body.embedding_model_provider ?? dataset.embeddingProvider ?? PROVIDER,
    );
  }
  if (body.retrieval_model) dataset.retrievalModel = body.retrieval_model as Record<string, unknown>;
}

function checkName(call: Call, name: string, self: Dataset | undefined): void {
  for (const other of call.state.knowledge.datasets.values()) {
    if (other === self || other.name !== name) continue;
    throw new Refusal(
      409,
      "dataset_name_duplicate",
      "The dataset name already exists. Please modify your dataset name.",
    );
  }
}

function checkEmbedding(body: Record<string, unknown>): void {
  const provider = body.embedding_model_provider;
  if (body.embedding_model && provider && provider !== PROVIDER) {
    throw refuse.invalid(`Provider ${String(provider)} does not exist.`);
  }
}

function getDataset(call: Call): Answer {
  const dataset = call.state.knowledge.dataset(call.param("dataset_id"));
  const shown = show(call, dataset, true);
  // Asked for alone, an economy knowledge base says how it is really searched.
  if (dataset.indexingTechnique === "economy") shown.retrieval_model_dict.search_method = "keyword_search";
  return json(shown);
}

function deleteDataset(call: Call): Answer {
  const { knowledge } = call.state;
  const dataset = knowledge.dataset(call.param("dataset_id"));
  knowledge.datasets.delete(dataset.id);
  for (const tag of knowledge.tags) tag.datasets.delete(dataset.id);
  return empty;
}

const one = "/datasets/<uuid:dataset_id>";

export const datasetRoutes: Route[] = [
  { method: "GET", rule: "/datasets", key: "dataset", handler: listDatasets },
  { method: "POST", rule: "/datasets", key: "dataset", handler: createDataset },
  { method: "GET", rule: one, key: "dataset", handler: getDataset },
  { method: "PATCH", rule: one, key: "dataset", handler: updateDataset },
  { method: "DELETE", rule: one, key: "dataset", handler: deleteDataset },
];
