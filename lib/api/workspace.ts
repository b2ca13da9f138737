import { endpoint } from "../core/endpoint";
import type { Mode, Reply } from "../core/mode";
import type { RequestOptions } from "../core/options";
import { id, object, whole } from "../core/params";
import type { DifyResponse } from "../core/response";
import type {
  AvailableModels,
  DeleteFileArgs,
  GetAvailableModelsArgs,
  GetAvailableModelsByTypeArgs,
  GetFileDownloadUrlArgs,
  GetFileInfoArgs,
  GetModelProviderModelsArgs,
  JsonObject,
  NoArgs,
  ValidateModelProviderCredentialsArgs,
} from "../types";
import { DifyApi } from "./base";

const modelTypes = (operation: string) =>
  endpoint<GetAvailableModelsArgs>(operation, "GET /workspaces/current/models/model-types/{model_type}", {
    model_type: id,
  });
const getAvailableModels = modelTypes("getAvailableModels");
const getAvailableModelsByType = modelTypes("getAvailableModelsByType");
const notServed = { notServed: true } as const;
const getModelProviders = endpoint<NoArgs>(
  "getModelProviders",
  "GET /workspaces/current/model-providers",
  {},
  // Its answer has credentials.
  { notServed: true, secret: true },
);
const getModelProviderModels = endpoint<GetModelProviderModelsArgs>(
  "getModelProviderModels",
  "GET /workspaces/current/model-providers/{provider_name}/models",
  { provider_name: id },
  notServed,
);
const validateModelProviderCredentials = endpoint<ValidateModelProviderCredentialsArgs>(
  "validateModelProviderCredentials",
  "POST /workspaces/current/model-providers/{provider_name}/credentials/validate",
  { provider_name: id, credentials: whole(object) },
  { notServed: true, secret: true },
);
const getFileInfo = endpoint<GetFileInfoArgs>(
  "getFileInfo",
  "GET /files/{file_id}/info",
  { file_id: id },
  notServed,
);
const getFileDownloadUrl = endpoint<GetFileDownloadUrlArgs>(
  "getFileDownloadUrl",
  "GET /files/{file_id}/download-url",
  { file_id: id },
  notServed,
);
const deleteFile = endpoint<DeleteFileArgs>(
  "deleteFile",
  "DELETE /files/{file_id}",
  { file_id: id },
  notServed,
);

/** The methods about the workspace. They want a knowledge key. Python's `WorkspaceClient`. */
export abstract class WorkspaceApi<M extends Mode> extends DifyApi<M> {
  /**
   * The models of a type (`llm`, `text-embedding`, `rerank`, ...) that the workspace can use.
   * `GET /workspaces/current/models/model-types/{model_type}` · Python `get_available_models`
   */
  getAvailableModels(
    args: GetAvailableModelsArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<AvailableModels>> {
    return this.call(getAvailableModels, args, options);
  }

  /**
   * As `getAvailableModels`.
   * `GET /workspaces/current/models/model-types/{model_type}` · Python `get_available_models_by_type`
   */
  getAvailableModelsByType(
    args: GetAvailableModelsByTypeArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<AvailableModels>> {
    return this.call(getAvailableModelsByType, args, options);
  }

  /**
   * The model providers. Not served by Dify 1.14.2 (404).
   * `GET /workspaces/current/model-providers` · Python `get_model_providers`
   */
  getModelProviders(args?: NoArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<JsonObject>> {
    return this.call(getModelProviders, args, options);
  }

  /**
   * A provider's models. Not served by Dify 1.14.2 (404).
   * `GET /workspaces/current/model-providers/{provider_name}/models` · Python `get_model_provider_models`
   */
  getModelProviderModels(
    args: GetModelProviderModelsArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(getModelProviderModels, args, options);
  }

  /**
   * Tries a provider's credentials, which are never logged. Not served by Dify 1.14.2 (404).
   * `POST /workspaces/current/model-providers/{provider_name}/credentials/validate` · Python
   * `validate_model_provider_credentials`
   */
  validateModelProviderCredentials(
    args: ValidateModelProviderCredentialsArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(validateModelProviderCredentials, args, options);
  }

  /** About a file. Not served by Dify 1.14.2 (404). `GET /files/{file_id}/info` · Python `get_file_info` */
  getFileInfo(args: GetFileInfoArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<JsonObject>> {
    return this.call(getFileInfo, args, options);
  }

  /**
   * Where a file can be fetched. Not served by Dify 1.14.2 (404).
   * `GET /files/{file_id}/download-url` · Python `get_file_download_url`
   */
  getFileDownloadUrl(
    args: GetFileDownloadUrlArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(getFileDownloadUrl, args, options);
  }

  /** Deletes a file. Not served by Dify 1.14.2 (404). `DELETE /files/{file_id}` · Python `delete_file` */
  deleteFile(args: DeleteFileArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<JsonObject>> {
    return this.call(deleteFile, args, options);
  }
}
