import { endpoint } from "../core/endpoint";
import type { Mode, ResponseMode } from "../core/mode";
import {
  as,
  choice,
  dropped,
  fileOrPath,
  flag,
  id,
  integer,
  list,
  merged,
  object,
  optional,
  text,
  textOrTexts,
  texts,
  whole,
} from "../core/params";
import type {
  AddSegmentsArgs,
  BatchIndexingStatusArgs,
  BatchUpdateDocumentStatusArgs,
  BindDatasetTagsArgs,
  CreateDatasetArgs,
  CreateDatasetFromTemplateArgs,
  CreateDatasetMetadataArgs,
  CreateDocumentByFileArgs,
  CreateDocumentByTextArgs,
  DeleteDocumentArgs,
  DeleteDocumentSegmentArgs,
  DuplicateDatasetArgs,
  GetDatasetArgs,
  GetDatasourcePluginsArgs,
  HitTestingArgs,
  ListDatasetsArgs,
  ListDocumentsArgs,
  ManageBuiltInMetadataArgs,
  NoArgs,
  QuerySegmentsArgs,
  RunDatasourceNodeArgs,
  RunRagPipelineArgs,
  UnbindDatasetTagArgs,
  UpdateDatasetArgs,
  UpdateDatasetMetadataArgs,
  UpdateDocumentByFileArgs,
  UpdateDocumentByTextArgs,
  UpdateDocumentSegmentArgs,
  UpdateDocumentsMetadataArgs,
  UploadPipelineFileArgs,
} from "../types";

// The endpoints of the knowledge base client: they are many, and its class is long enough with their documentation.

// What Python sends for a new document unless told otherwise.
const NEW_DOCUMENT = { indexing_technique: "high_quality", process_rule: { mode: "automatic" } };
const indexingTechnique = choice("high_quality", "economy");
const notServed = { notServed: true } as const;
export const createDataset = endpoint<CreateDatasetArgs>("createDataset", "POST /datasets", {
  name: text,
  description: optional(text),
  indexing_technique: optional(indexingTechnique),
  permission: optional(text),
  provider: optional(text),
  embedding_model: optional(text),
  embedding_model_provider: optional(text),
  retrieval_model: optional(object),
  external_knowledge_api_id: optional(text),
  external_knowledge_id: optional(text),
  summary_index_setting: optional(object),
});
export const listDatasets = endpoint<ListDatasetsArgs>(
  "listDatasets",
  "GET /datasets",
  {
    page: optional(integer, 1),
    page_size: as("limit", optional(integer, 20)),
    keyword: optional(text),
    include_all: optional(flag),
    tag_ids: optional(texts),
  },
  { aliases: { limit: "page_size" } },
);
export const createDocumentByText = endpoint<CreateDocumentByTextArgs>(
  "createDocumentByText",
  "POST /datasets/{dataset_id}/document/create-by-text",
  {
    name: text,
    text: text,
    indexing_technique: optional(indexingTechnique),
    doc_form: optional(text),
    doc_language: optional(text),
    process_rule: optional(object),
    retrieval_model: optional(object),
    embedding_model: optional(text),
    embedding_model_provider: optional(text),
    original_document_id: optional(id),
    extra_params: merged(optional(object)),
  },
  { constants: NEW_DOCUMENT },
);
export const updateDocumentByText = endpoint<UpdateDocumentByTextArgs>(
  "updateDocumentByText",
  "POST /datasets/{dataset_id}/documents/{document_id}/update-by-text",
  {
    document_id: id,
    name: text,
    text: text,
    process_rule: optional(object),
    doc_form: optional(text),
    doc_language: optional(text),
    retrieval_model: optional(object),
    extra_params: merged(optional(object)),
  },
);
export const createDocumentByFile = endpoint<CreateDocumentByFileArgs<Mode>>(
  "createDocumentByFile",
  "POST /datasets/{dataset_id}/document/create-by-file",
  {
    file_path: as("file", fileOrPath),
    indexing_technique: optional(indexingTechnique),
    doc_form: optional(text),
    doc_language: optional(text),
    process_rule: optional(object),
    retrieval_model: optional(object),
    embedding_model: optional(text),
    embedding_model_provider: optional(text),
    extra_params: merged(optional(object)),
    original_document_id: optional(id),
  },
  { constants: NEW_DOCUMENT, formData: "data", aliases: { file: "file_path" } },
);
export const updateDocumentByFile = endpoint<UpdateDocumentByFileArgs<Mode>>(
  "updateDocumentByFile",
  "POST /datasets/{dataset_id}/documents/{document_id}/update-by-file",
  {
    document_id: id,
    file_path: as("file", fileOrPath),
    doc_form: optional(text),
    doc_language: optional(text),
    process_rule: optional(object),
    retrieval_model: optional(object),
    embedding_model: optional(text),
    embedding_model_provider: optional(text),
    extra_params: merged(optional(object)),
  },
  { formData: "data", aliases: { file: "file_path" } },
);
export const batchIndexingStatus = endpoint<BatchIndexingStatusArgs>(
  "batchIndexingStatus",
  "GET /datasets/{dataset_id}/documents/{batch_id}/indexing-status",
  { batch_id: id },
);
export const deleteDataset = endpoint<NoArgs>("deleteDataset", "DELETE /datasets/{dataset_id}", {});
export const deleteDocument = endpoint<DeleteDocumentArgs>(
  "deleteDocument",
  "DELETE /datasets/{dataset_id}/documents/{document_id}",
  { document_id: id },
);
export const listDocuments = endpoint<ListDocumentsArgs>(
  "listDocuments",
  "GET /datasets/{dataset_id}/documents",
  {
    page: optional(integer),
    page_size: as("limit", optional(integer)),
    keyword: optional(text),
    status: optional(text),
  },
  { aliases: { limit: "page_size" } },
);
export const addSegments = endpoint<AddSegmentsArgs>(
  "addSegments",
  "POST /datasets/{dataset_id}/documents/{document_id}/segments",
  { document_id: id, segments: list },
);
export const querySegments = endpoint<QuerySegmentsArgs>(
  "querySegments",
  "GET /datasets/{dataset_id}/documents/{document_id}/segments",
  {
    document_id: id,
    keyword: optional(text),
    status: optional(textOrTexts),
    page: optional(integer),
    limit: optional(integer),
  },
);
export const deleteDocumentSegment = endpoint<DeleteDocumentSegmentArgs>(
  "deleteDocumentSegment",
  "DELETE /datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}",
  { document_id: id, segment_id: id },
);
export const updateDocumentSegment = endpoint<UpdateDocumentSegmentArgs>(
  "updateDocumentSegment",
  "POST /datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}",
  { document_id: id, segment_id: id, segment_data: as("segment", object) },
  { aliases: { segment: "segment_data" } },
);
export const hitTesting = endpoint<HitTestingArgs>("hitTesting", "POST /datasets/{dataset_id}/hit-testing", {
  query: text,
  retrieval_model: dropped(object),
  external_retrieval_model: dropped(object),
  attachment_ids: optional(texts),
});
export const getDatasetMetadata = endpoint<NoArgs>(
  "getDatasetMetadata",
  "GET /datasets/{dataset_id}/metadata",
  {},
);
export const createDatasetMetadata = endpoint<CreateDatasetMetadataArgs>(
  "createDatasetMetadata",
  "POST /datasets/{dataset_id}/metadata",
  { metadata_data: whole(object) },
);
export const updateDatasetMetadata = endpoint<UpdateDatasetMetadataArgs>(
  "updateDatasetMetadata",
  "PATCH /datasets/{dataset_id}/metadata/{metadata_id}",
  { metadata_id: id, metadata_data: whole(object) },
);
export const getBuiltInMetadata = endpoint<NoArgs>(
  "getBuiltInMetadata",
  "GET /datasets/{dataset_id}/metadata/built-in",
  {},
);
export const manageBuiltInMetadata = endpoint<ManageBuiltInMetadataArgs>(
  "manageBuiltInMetadata",
  "POST /datasets/{dataset_id}/metadata/built-in/{action}",
  { action: choice("enable", "disable"), metadata_data: whole(optional(object)) },
);
export const updateDocumentsMetadata = endpoint<UpdateDocumentsMetadataArgs>(
  "updateDocumentsMetadata",
  "POST /datasets/{dataset_id}/documents/metadata",
  { operation_data: list },
);
export const listDatasetTags = endpoint<NoArgs>("listDatasetTags", "GET /datasets/tags", {});
export const bindDatasetTags = endpoint<BindDatasetTagsArgs>(
  "bindDatasetTags",
  "POST /datasets/tags/binding",
  { tag_ids: texts, target_id: optional(id) },
  { datasetField: "target_id" },
);
export const unbindDatasetTag = endpoint<UnbindDatasetTagArgs>(
  "unbindDatasetTag",
  "POST /datasets/tags/unbinding",
  { tag_id: id, target_id: optional(id), tag_ids: optional(texts) },
  { datasetField: "target_id" },
);
export const getDatasetTags = endpoint<NoArgs>("getDatasetTags", "GET /datasets/{dataset_id}/tags", {});
export const getDatasourcePlugins = endpoint<GetDatasourcePluginsArgs>(
  "getDatasourcePlugins",
  "GET /datasets/{dataset_id}/pipeline/datasource-plugins",
  { is_published: optional(flag, true) },
);
export const runDatasourceNode = endpoint<RunDatasourceNodeArgs>(
  "runDatasourceNode",
  "POST /datasets/{dataset_id}/pipeline/datasource/nodes/{node_id}/run",
  {
    node_id: id,
    inputs: object,
    datasource_type: text,
    is_published: optional(flag, true),
    credential_id: dropped(id),
  },
  { answer: "stream" },
);
export const runRagPipeline = endpoint<RunRagPipelineArgs<ResponseMode>>(
  "runRagPipeline",
  "POST /datasets/{dataset_id}/pipeline/run",
  {
    inputs: object,
    datasource_type: text,
    datasource_info_list: list,
    start_node_id: id,
    is_published: optional(flag, true),
    response_mode: optional(choice("blocking", "streaming"), "blocking"),
  },
  { answer: "either", slow: true },
);
export const uploadPipelineFile = endpoint<UploadPipelineFileArgs<Mode>>(
  "uploadPipelineFile",
  "POST /datasets/pipeline/file-upload",
  { file_path: as("file", fileOrPath) },
  { aliases: { file: "file_path" } },
);
export const getDataset = endpoint<GetDatasetArgs>("getDataset", "GET /datasets/{dataset_id}", {
  dataset_id: optional(id),
});
export const updateDataset = endpoint<UpdateDatasetArgs>("updateDataset", "PATCH /datasets/{dataset_id}", {
  dataset_id: optional(id),
  name: optional(text),
  description: optional(text),
  indexing_technique: optional(indexingTechnique),
  embedding_model: optional(text),
  embedding_model_provider: optional(text),
  retrieval_model: optional(object),
  permission: optional(text),
  partial_member_list: optional(list),
  external_retrieval_model: optional(object),
  external_knowledge_id: optional(text),
  external_knowledge_api_id: optional(text),
});
export const batchUpdateDocumentStatus = endpoint<BatchUpdateDocumentStatusArgs>(
  "batchUpdateDocumentStatus",
  "PATCH /datasets/{dataset_id}/documents/status/{action}",
  {
    dataset_id: optional(id),
    action: choice("enable", "disable", "archive", "un_archive"),
    document_ids: texts,
  },
);
export const createDatasetFromTemplate = endpoint<CreateDatasetFromTemplateArgs>(
  "createDatasetFromTemplate",
  "POST /datasets/from-template",
  { template_name: text, name: text, description: optional(text) },
  notServed,
);
export const duplicateDataset = endpoint<DuplicateDatasetArgs>(
  "duplicateDataset",
  "POST /datasets/{dataset_id}/duplicate",
  { dataset_id: id, name: text },
  notServed,
);
