import type { Caller } from "../core/endpoint";
import type { Family } from "../core/executor";
import type { Mode, Reply, ResponseMode } from "../core/mode";
import type { KnowledgeBaseOptions, RequestOptions } from "../core/options";
import type { DifyResponse } from "../core/response";
import type { StreamOf } from "../core/streams";
import { ValidationError } from "../errors";
import type {
  AddSegmentsArgs,
  BatchIndexingStatus,
  BatchIndexingStatusArgs,
  BatchUpdateDocumentStatusArgs,
  BindDatasetTagsArgs,
  BuiltInMetadata,
  ConversationVariable,
  ConversationVariables,
  CreateDatasetArgs,
  CreateDatasetFromTemplateArgs,
  CreateDatasetMetadataArgs,
  CreateDocumentByFileArgs,
  CreateDocumentByTextArgs,
  Dataset,
  DatasetList,
  DatasetMetadata,
  DatasetTags,
  DatasourcePlugin,
  DatasourceStreamEvent,
  DeleteDocumentArgs,
  DeleteDocumentSegmentArgs,
  DocumentList,
  DocumentTask,
  DuplicateDatasetArgs,
  GetDatasetArgs,
  GetDatasourcePluginsArgs,
  HitTestingArgs,
  JsonObject,
  ListConversationVariablesWithPaginationArgs,
  ListDatasetsArgs,
  ListDocumentsArgs,
  ManageBuiltInMetadataArgs,
  MetadataChanged,
  MetadataField,
  NoArgs,
  PipelineAnswer,
  PipelineFile,
  QuerySegmentsArgs,
  RetrievalResult,
  RunDatasourceNodeArgs,
  RunRagPipelineArgs,
  SegmentDetail,
  SegmentList,
  SegmentsAdded,
  Success,
  Tag,
  UnbindDatasetTagArgs,
  UpdateConversationVariableWithResponseArgs,
  UpdateDatasetArgs,
  UpdateDatasetMetadataArgs,
  UpdateDocumentByFileArgs,
  UpdateDocumentByTextArgs,
  UpdateDocumentSegmentArgs,
  UpdateDocumentsMetadataArgs,
  UploadPipelineFileArgs,
  WorkflowStreamEvent,
} from "../types";
import { DifyApi } from "./base";
import { listConversationVariablesWithPagination, updateConversationVariableWithResponse } from "./chat";
import * as endpoints from "./knowledge-base-endpoints";

/** The methods of a knowledge base, with a knowledge key. Python's `KnowledgeBaseClient`. */
export abstract class KnowledgeBaseApi<M extends Mode> extends DifyApi<M> {
  /** The knowledge base that the methods work on; may be set at any time. Python's `dataset_id`. */
  datasetId: string | null;

  /** @internal */
  protected constructor(
    family: Family<M>,
    apiKey: string | null | undefined,
    second: string | KnowledgeBaseOptions<M> | null | undefined,
    third: KnowledgeBaseOptions<M> | undefined,
  ) {
    const { datasetId, ...options } = mergeArguments<M>(second, third);
    super(family, apiKey, options as KnowledgeBaseOptions<M>, KNOWLEDGE_CLIENT);
    if (datasetId !== undefined && datasetId !== null && typeof datasetId !== "string") {
      throw new ValidationError("option datasetId must be a string");
    }
    this.datasetId = datasetId || null;
  }

  /**
   * Makes a knowledge base. It does not become the client's own: set `datasetId` for that.
   * `POST /datasets` · Python `create_dataset`
   */
  createDataset(args: CreateDatasetArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<Dataset>> {
    return this.call(endpoints.createDataset, args, options);
  }

  /** A page of the knowledge bases. `GET /datasets` · Python `list_datasets` */
  listDatasets(args?: ListDatasetsArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<DatasetList>> {
    return this.call(endpoints.listDatasets, args, options);
  }

  /**
   * Adds a document from text. Indexing goes on afterwards: follow it with `batchIndexingStatus`.
   * `POST /datasets/{dataset_id}/document/create-by-text` · Python `create_document_by_text`
   */
  createDocumentByText(
    args: CreateDocumentByTextArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<DocumentTask>> {
    return this.call(endpoints.createDocumentByText, args, options);
  }

  /**
   * Replaces a document's text; it is indexed anew.
   * `POST /datasets/{dataset_id}/documents/{document_id}/update-by-text` · Python `update_document_by_text`
   */
  updateDocumentByText(
    args: UpdateDocumentByTextArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<DocumentTask>> {
    return this.call(endpoints.updateDocumentByText, args, options);
  }

  /**
   * Adds a document from a file. A refused one raises `FileUploadError`, whose message the server leaves empty.
   * `POST /datasets/{dataset_id}/document/create-by-file` · Python `create_document_by_file`
   */
  createDocumentByFile(
    args: CreateDocumentByFileArgs<M>,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<DocumentTask>> {
    return this.call(endpoints.createDocumentByFile, args, options);
  }

  /**
   * Replaces a document's file; it is indexed anew.
   * `POST /datasets/{dataset_id}/documents/{document_id}/update-by-file` · Python `update_document_by_file`
   */
  updateDocumentByFile(
    args: UpdateDocumentByFileArgs<M>,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<DocumentTask>> {
    return this.call(endpoints.updateDocumentByFile, args, options);
  }

  /**
   * How far the indexing of a batch is.
   * `GET /datasets/{dataset_id}/documents/{batch_id}/indexing-status` · Python `batch_indexing_status`
   */
  batchIndexingStatus(
    args: BatchIndexingStatusArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<BatchIndexingStatus>> {
    return this.call(endpoints.batchIndexingStatus, args, options);
  }

  /**
   * Deletes the client's knowledge base; the answer is empty (204).
   * `DELETE /datasets/{dataset_id}` · Python `delete_dataset`
   */
  deleteDataset(args?: NoArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<null>> {
    return this.call(endpoints.deleteDataset, args, options);
  }

  /**
   * Deletes a document; the answer is empty (204).
   * `DELETE /datasets/{dataset_id}/documents/{document_id}` · Python `delete_document`
   */
  deleteDocument(args: DeleteDocumentArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<null>> {
    return this.call(endpoints.deleteDocument, args, options);
  }

  /** A page of the documents. `GET /datasets/{dataset_id}/documents` · Python `list_documents` */
  listDocuments(args?: ListDocumentsArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<DocumentList>> {
    return this.call(endpoints.listDocuments, args, options);
  }

  /**
   * Adds chunks to a document.
   * `POST /datasets/{dataset_id}/documents/{document_id}/segments` · Python `add_segments`
   */
  addSegments(args: AddSegmentsArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<SegmentsAdded>> {
    return this.call(endpoints.addSegments, args, options);
  }

  /**
   * A page of a document's chunks.
   * `GET /datasets/{dataset_id}/documents/{document_id}/segments` · Python `query_segments`
   */
  querySegments(args: QuerySegmentsArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<SegmentList>> {
    return this.call(endpoints.querySegments, args, options);
  }

  /**
   * Deletes a chunk; the answer is empty (204).
   * `DELETE /datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}` · Python `delete_document_segment`
   */
  deleteDocumentSegment(
    args: DeleteDocumentSegmentArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<null>> {
    return this.call(endpoints.deleteDocumentSegment, args, options);
  }

  /**
   * Changes a chunk.
   * `POST /datasets/{dataset_id}/documents/{document_id}/segments/{segment_id}` · Python `update_document_segment`
   */
  updateDocumentSegment(
    args: UpdateDocumentSegmentArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<SegmentDetail>> {
    return this.call(endpoints.updateDocumentSegment, args, options);
  }

  /**
   * Finds the chunks that fit a query. An economy knowledge base needs `search_method: "keyword_search"`.
   * `POST /datasets/{dataset_id}/hit-testing` · Python `hit_testing`
   */
  hitTesting(args: HitTestingArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<RetrievalResult>> {
    return this.call(endpoints.hitTesting, args, options);
  }

  /** The metadata fields. `GET /datasets/{dataset_id}/metadata` · Python `get_dataset_metadata` */
  getDatasetMetadata(args?: NoArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<DatasetMetadata>> {
    return this.call(endpoints.getDatasetMetadata, args, options);
  }

  /** Adds a metadata field. `POST /datasets/{dataset_id}/metadata` · Python `create_dataset_metadata` */
  createDatasetMetadata(
    args: CreateDatasetMetadataArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<MetadataField>> {
    return this.call(endpoints.createDatasetMetadata, args, options);
  }

  /**
   * Renames a metadata field.
   * `PATCH /datasets/{dataset_id}/metadata/{metadata_id}` · Python `update_dataset_metadata`
   */
  updateDatasetMetadata(
    args: UpdateDatasetMetadataArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<MetadataField>> {
    return this.call(endpoints.updateDatasetMetadata, args, options);
  }

  /**
   * The metadata fields that Dify itself can fill.
   * `GET /datasets/{dataset_id}/metadata/built-in` · Python `get_built_in_metadata`
   */
  getBuiltInMetadata(args?: NoArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<BuiltInMetadata>> {
    return this.call(endpoints.getBuiltInMetadata, args, options);
  }

  /**
   * Turns those fields on or off.
   * `POST /datasets/{dataset_id}/metadata/built-in/{action}` · Python `manage_built_in_metadata`
   */
  manageBuiltInMetadata(
    args: ManageBuiltInMetadataArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<MetadataChanged>> {
    return this.call(endpoints.manageBuiltInMetadata, args, options);
  }

  /**
   * Sets metadata of documents.
   * `POST /datasets/{dataset_id}/documents/metadata` · Python `update_documents_metadata`
   */
  updateDocumentsMetadata(
    args: UpdateDocumentsMetadataArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<MetadataChanged>> {
    return this.call(endpoints.updateDocumentsMetadata, args, options);
  }

  /**
   * All tags of knowledge bases; `binding_count` is a string.
   * `GET /datasets/tags` · Python `list_dataset_tags`
   */
  listDatasetTags(args?: NoArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<Tag[]>> {
    return this.call(endpoints.listDatasetTags, args, options);
  }

  /**
   * Binds tags to the knowledge base; the answer is empty (204).
   * `POST /datasets/tags/binding` · Python `bind_dataset_tags`
   */
  bindDatasetTags(args: BindDatasetTagsArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<null>> {
    return this.call(endpoints.bindDatasetTags, args, options);
  }

  /**
   * Takes a tag from the knowledge base; the answer is empty (204).
   * `POST /datasets/tags/unbinding` · Python `unbind_dataset_tag`
   */
  unbindDatasetTag(args: UnbindDatasetTagArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<null>> {
    return this.call(endpoints.unbindDatasetTag, args, options);
  }

  /** The tags bound to the knowledge base. `GET /datasets/{dataset_id}/tags` · Python `get_dataset_tags` */
  getDatasetTags(args?: NoArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<DatasetTags>> {
    return this.call(endpoints.getDatasetTags, args, options);
  }

  /**
   * The data sources of the knowledge pipeline.
   * `GET /datasets/{dataset_id}/pipeline/datasource-plugins` · Python `get_datasource_plugins`
   */
  getDatasourcePlugins(
    args?: GetDatasourcePluginsArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<DatasourcePlugin[]>> {
    return this.call(endpoints.getDatasourcePlugins, args, options);
  }

  /**
   * Runs a data source of the knowledge pipeline. Always an event stream, which the caller reads to its end or
   * closes.
   * `POST /datasets/{dataset_id}/pipeline/datasource/nodes/{node_id}/run` · Python `run_datasource_node`
   */
  runDatasourceNode(
    args: RunDatasourceNodeArgs,
    options?: RequestOptions<M>,
  ): Reply<M, StreamOf<M, DatasourceStreamEvent>> {
    return this.call(endpoints.runDatasourceNode, args, options);
  }

  /**
   * Runs the knowledge pipeline. A published pipeline answers JSON whatever `response_mode` asks, so the answer
   * is a stream only where the server sends one: look with `"json" in answer`. Waits up to 10 minutes.
   * `POST /datasets/{dataset_id}/pipeline/run` · Python `run_rag_pipeline`
   */
  runRagPipeline(
    args: RunRagPipelineArgs<ResponseMode>,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<PipelineAnswer> | StreamOf<M, WorkflowStreamEvent>> {
    return this.call(endpoints.runRagPipeline, args, options);
  }

  /**
   * Uploads a file for the knowledge pipeline. A refused one raises `FileUploadError`.
   * `POST /datasets/pipeline/file-upload` · Python `upload_pipeline_file`
   */
  uploadPipelineFile(
    args: UploadPipelineFileArgs<M>,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<PipelineFile>> {
    return this.call(endpoints.uploadPipelineFile, args, options);
  }

  /**
   * A knowledge base; without `dataset_id` the client's own.
   * `GET /datasets/{dataset_id}` · Python `get_dataset`
   */
  getDataset(args?: GetDatasetArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<Dataset>> {
    return this.call(endpoints.getDataset, args, options);
  }

  /**
   * Changes a knowledge base; without `dataset_id` the client's own.
   * `PATCH /datasets/{dataset_id}` · Python `update_dataset`
   */
  updateDataset(args?: UpdateDatasetArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<Dataset>> {
    return this.call(endpoints.updateDataset, args, options);
  }

  /**
   * Enables, disables, archives or un-archives documents; without `dataset_id` in the client's own knowledge
   * base.
   * `PATCH /datasets/{dataset_id}/documents/status/{action}` · Python `batch_update_document_status`
   */
  batchUpdateDocumentStatus(
    args: BatchUpdateDocumentStatusArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<Success>> {
    return this.call(endpoints.batchUpdateDocumentStatus, args, options);
  }

  /**
   * Makes a knowledge base from a template. Not served by Dify 1.14.2 (404).
   * `POST /datasets/from-template` · Python `create_dataset_from_template`
   */
  createDatasetFromTemplate(
    args: CreateDatasetFromTemplateArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(endpoints.createDatasetFromTemplate, args, options);
  }

  /**
   * Copies a knowledge base. Not served by Dify 1.14.2 (404).
   * `POST /datasets/{dataset_id}/duplicate` · Python `duplicate_dataset`
   */
  duplicateDataset(
    args: DuplicateDatasetArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(endpoints.duplicateDataset, args, options);
  }

  /**
   * The conversation's variables. It needs an app key, in Python too: use `ChatClient`.
   * `GET /conversations/{conversation_id}/variables` · Python `list_conversation_variables_with_pagination`
   */
  listConversationVariablesWithPagination(
    args: ListConversationVariablesWithPaginationArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<ConversationVariables>> {
    return this.call(listConversationVariablesWithPagination, args, options);
  }

  /**
   * Sets a conversation's variable. It needs an app key, in Python too: use `ChatClient`.
   * `PUT /conversations/{conversation_id}/variables/{variable_id}` · Python `update_conversation_variable_with_response`
   */
  updateConversationVariableWithResponse(
    args: UpdateConversationVariableWithResponseArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<ConversationVariable>> {
    return this.call(updateConversationVariableWithResponse, args, options);
  }

  /** @internal */
  protected override caller(): Caller {
    return { ...super.caller(), datasetId: this.datasetId };
  }
}

const KNOWLEDGE_CLIENT = {
  keyVariables: ["DIFY_DATASET_API_KEY", "DIFY_API_KEY"],
  optionNames: ["datasetId"],
};

/** Python's README passes the id in second place, its code takes the URL there: both are understood. */
function mergeArguments<M extends Mode>(
  second: string | KnowledgeBaseOptions<M> | null | undefined,
  third: KnowledgeBaseOptions<M> | undefined,
): KnowledgeBaseOptions<M> {
  if (third !== undefined && (typeof third !== "object" || third === null || Array.isArray(third))) {
    throw new ValidationError("the third argument must be an object of options");
  }
  if (typeof second === "string") {
    const name = /^[a-z][a-z\d+.-]*:\/\//i.test(second) ? "baseUrl" : "datasetId";
    return { [name]: second, ...third } as KnowledgeBaseOptions<M>;
  }
  if (second !== undefined && second !== null && (typeof second !== "object" || Array.isArray(second))) {
    throw new ValidationError("the second argument must be a dataset id, a base URL or an object of options");
  }
  return { ...second, ...third } as KnowledgeBaseOptions<M>;
}
