import type { NoArgs, OpenEnum, Page } from "./common";
import type { MetadataField } from "./metadata";
import type { ExternalRetrievalModel, RetrievalModel } from "./retrieval";
import type { Tag } from "./tags";

/** How a knowledge base is indexed: with embeddings, or by keywords only. */
export type IndexingTechnique = "high_quality" | "economy";

/** Who may see a knowledge base. */
export type DatasetPermission = "only_me" | "all_team_members" | "partial_members";

/** How documents are cut: into passages, into parents with children, or into questions with answers. */
export type DocForm = "text_model" | "hierarchical_model" | "qa_model";

/** How a knowledge base is set to be searched. */
export interface DatasetRetrievalModel {
  search_method: OpenEnum<"keyword_search" | "semantic_search" | "full_text_search" | "hybrid_search">;
  reranking_enable: boolean;
  reranking_mode: OpenEnum<"reranking_model" | "weighted_score"> | null;
  reranking_model: { reranking_provider_name: string | null; reranking_model_name: string | null } | null;
  weights: DatasetRetrievalWeights | null;
  top_k: number;
  score_threshold_enabled: boolean;
  score_threshold: number | null;
}

export interface DatasetRetrievalWeights {
  weight_type: OpenEnum<"semantic_first" | "keyword_first" | "customized"> | null;
  vector_setting: {
    vector_weight: number;
    embedding_provider_name: string;
    embedding_model_name: string;
  } | null;
  keyword_setting: { keyword_weight: number } | null;
}

/** A knowledge base. Times are epoch seconds. */
export interface Dataset {
  id: string;
  name: string;
  description: string | null;
  provider: OpenEnum<"vendor" | "external">;
  permission: OpenEnum<DatasetPermission>;
  /** Null while it has no documents. */
  data_source_type: string | null;
  /** Null until the first document decides it. */
  indexing_technique: OpenEnum<IndexingTechnique> | null;
  app_count: number;
  document_count: number;
  word_count: number;
  created_by: string;
  author_name: string | null;
  created_at: number;
  updated_by: string | null;
  updated_at: number;
  embedding_model: string | null;
  embedding_model_provider: string | null;
  /** Null in the answers to creating and updating. */
  embedding_available: boolean | null;
  retrieval_model_dict: DatasetRetrievalModel;
  summary_index_setting: DatasetSummaryIndex | null;
  tags: Pick<Tag, "id" | "name" | "type">[];
  /** Null while it has no documents. */
  doc_form: OpenEnum<DocForm> | null;
  external_knowledge_info: ExternalKnowledge | null;
  external_retrieval_model: DatasetExternalRetrieval | null;
  doc_metadata: MetadataField[];
  built_in_field_enabled: boolean;
  pipeline_id: string | null;
  runtime_mode: OpenEnum<"general" | "rag_pipeline"> | null;
  chunk_structure: OpenEnum<DocForm> | null;
  icon_info: DatasetIcon | null;
  is_published: boolean;
  total_documents: number;
  total_available_documents: number;
  enable_api: boolean;
  is_multimodal: boolean;
  maintainer?: string | null;
  /** In the answer to updating only: ids of members. */
  partial_member_list?: string[];
}

export interface DatasetSummaryIndex {
  enable: boolean | null;
  model_name: string | null;
  model_provider_name: string | null;
  summary_prompt: string | null;
}

export interface ExternalKnowledge {
  external_knowledge_id: string | null;
  external_knowledge_api_id: string | null;
  external_knowledge_api_name: string | null;
  external_knowledge_api_endpoint: string | null;
}

export interface DatasetExternalRetrieval {
  top_k: number;
  score_threshold: number | null;
  score_threshold_enabled: boolean | null;
}

export interface DatasetIcon {
  icon_type: string | null;
  icon: string | null;
  icon_background: string | null;
  icon_url: string | null;
}

/** What `listDatasets` answers. */
export interface DatasetList extends Page<Dataset> {}

/** Whether passages are summed up for searching, and by which model. */
export interface SummaryIndexSetting {
  enable?: boolean | null | undefined;
  model_name?: string | null | undefined;
  model_provider_name?: string | null | undefined;
  summary_prompt?: string | null | undefined;
}

/** `createDataset` */
export interface CreateDatasetArgs {
  /** 1 to 40 characters. */
  name: string;
  /** At most 400 characters. */
  description?: string | null | undefined;
  /** Default: the first document decides. */
  indexing_technique?: IndexingTechnique | null | undefined;
  /** Default `only_me`. */
  permission?: DatasetPermission | null | undefined;
  /** Default `vendor`. */
  provider?: "vendor" | "external" | null | undefined;
  embedding_model?: string | null | undefined;
  /** `organization/plugin/provider` */
  embedding_model_provider?: string | null | undefined;
  retrieval_model?: RetrievalModel | null | undefined;
  external_knowledge_api_id?: string | null | undefined;
  external_knowledge_id?: string | null | undefined;
  summary_index_setting?: SummaryIndexSetting | null | undefined;
}

/** `listDatasets` */
export interface ListDatasetsArgs {
  /** Default 1. */
  page?: number | null | undefined;
  /** Default 20. */
  page_size?: number | null | undefined;
  keyword?: string | null | undefined;
  /** Also those that the key's owner could not see otherwise. Default false. */
  include_all?: boolean | null | undefined;
  tag_ids?: readonly string[] | null | undefined;
}

/** `getDataset` */
export interface GetDatasetArgs {
  /** Default is the client's own. */
  dataset_id?: string | null | undefined;
}

/** `updateDataset` */
export interface UpdateDatasetArgs {
  /** Default is the client's own. */
  dataset_id?: string | null | undefined;
  /** 1 to 40 characters. */
  name?: string | null | undefined;
  /** At most 400 characters. */
  description?: string | null | undefined;
  indexing_technique?: IndexingTechnique | null | undefined;
  embedding_model?: string | null | undefined;
  /** `organization/plugin/provider` */
  embedding_model_provider?: string | null | undefined;
  retrieval_model?: RetrievalModel | null | undefined;
  permission?: DatasetPermission | null | undefined;
  /** Who may see it, with `permission: "partial_members"`. */
  partial_member_list?: readonly { user_id: string }[] | null | undefined;
  external_retrieval_model?: ExternalRetrievalModel | null | undefined;
  external_knowledge_id?: string | null | undefined;
  external_knowledge_api_id?: string | null | undefined;
}

/** `deleteDataset`: deletes the client's own. */
export type DeleteDatasetArgs = NoArgs;

/** `createDatasetFromTemplate`: not served by Dify 1.14.2. */
export interface CreateDatasetFromTemplateArgs {
  template_name: string;
  name: string;
  description?: string | null | undefined;
}

/** `duplicateDataset`: not served by Dify 1.14.2. */
export interface DuplicateDatasetArgs {
  dataset_id: string;
  name: string;
}
