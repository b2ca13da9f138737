import type { Mode, ResponseMode } from "../core/mode";
import type { AppInputs } from "./chat";
import type { OpenEnum } from "./common";
import type { DocForm } from "./datasets";
import type { IndexingStatus } from "./documents";
import type { FileArgument } from "./files";
import type { JsonObject } from "./json";
import type { WorkflowAnswer } from "./workflow";

/** The kinds of datasource. */
export type DatasourceType = "local_file" | "online_document" | "website_crawl" | "online_drive";

/** What `uploadPipelineFile` answers. */
export interface PipelineFile {
  /** What a local file's `reference` takes. */
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  /** Without a dot. */
  extension: string;
  mime_type: string | null;
  created_by: string;
  /** ISO 8601 without a zone. */
  created_at: string | null;
}

/** A datasource of a pipeline; `getDatasourcePlugins` answers a list of them. */
export interface DatasourcePlugin {
  /** What `runDatasourceNode` and `start_node_id` take. */
  node_id: string;
  plugin_id: string;
  provider_name: string;
  datasource_type: OpenEnum<DatasourceType>;
  title: string;
  user_input_variables: JsonObject[];
  credentials: DatasourceCredential[];
}

export interface DatasourceCredential {
  id: string;
  name: string;
  type: string;
  is_default: boolean;
}

/** What a published pipeline answers, in either `response_mode`: the work has only begun then. */
export interface PipelineBatch {
  /** What `batchIndexingStatus` takes. */
  batch: string;
  dataset: PipelineDataset;
  documents: PipelineDocument[];
}

export interface PipelineDataset {
  id: string;
  name: string;
  description: string | null;
  chunk_structure: OpenEnum<DocForm>;
}

export interface PipelineDocument {
  id: string;
  position: number;
  data_source_type: OpenEnum<DatasourceType>;
  data_source_info: JsonObject | null;
  name: string;
  indexing_status: IndexingStatus;
  error: string | null;
  enabled: boolean;
}

/** What `runRagPipeline` answers as JSON: a published pipeline its batch, a draft its whole run. */
export type PipelineAnswer = PipelineBatch | WorkflowAnswer;

/** A file that `uploadPipelineFile` took. */
export interface LocalFileSource {
  /** The upload's `id`. */
  reference: string;
  name?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** A page of an online workspace, such as Notion. */
export interface OnlineDocumentSource {
  workspace_id: string;
  page: { page_id: string; type: string; page_name?: string | null | undefined };
  credential_id?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** A page to crawl. */
export interface WebsiteSource {
  url: string;
  title?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** A file, or all files of a folder, of an online drive. */
export interface OnlineDriveSource {
  id: string;
  type: "file" | "folder";
  bucket?: string | null | undefined;
  name?: string | null | undefined;
  readonly [field: string]: unknown;
}

/** What a pipeline is to read; which of the four goes by `datasource_type`. */
export type DatasourceInfo = LocalFileSource | OnlineDocumentSource | WebsiteSource | OnlineDriveSource;

/** `getDatasourcePlugins` */
export interface GetDatasourcePluginsArgs {
  /** Of the published pipeline or of the draft. Default true. */
  is_published?: boolean | null | undefined;
}

/** `runDatasourceNode` */
export interface RunDatasourceNodeArgs {
  node_id: string;
  inputs: AppInputs;
  datasource_type: DatasourceType;
  /** Of the published pipeline or of the draft. Default true. */
  is_published?: boolean | null | undefined;
  /** Default is the provider's default credential. */
  credential_id?: string | null | undefined;
}

/** `runRagPipeline` */
export interface RunRagPipelineArgs<R extends ResponseMode = "blocking"> {
  inputs: AppInputs;
  datasource_type: DatasourceType;
  datasource_info_list: readonly DatasourceInfo[];
  /** The datasource node to begin with. */
  start_node_id: string;
  /** The published pipeline or the draft. Default true. */
  is_published?: boolean | null | undefined;
  /** Default `"blocking"`. A published pipeline answers JSON in both modes. */
  response_mode?: R | null | undefined;
}

/** `uploadPipelineFile` */
export interface UploadPipelineFileArgs<M extends Mode> {
  /** A path, or a file in any form that the family takes. */
  file_path: string | FileArgument<M>;
}
