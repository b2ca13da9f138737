import type { LocalizedText, NoArgs, OpenEnum } from "./common";
import type { JsonObject } from "./json";

/** The kinds of model. */
export type ModelType = "llm" | "text-embedding" | "rerank" | "speech2text" | "tts" | "moderation";

/** What `getAvailableModels` and `getAvailableModelsByType` answer. */
export interface AvailableModels {
  data: ModelProvider[];
}

/** A provider with those of its models that can be used. */
export interface ModelProvider {
  tenant_id: string;
  /** `organization/plugin/provider`; what `embedding_model_provider` and its like take. */
  provider: string;
  label: LocalizedText;
  icon_small: LocalizedText | null;
  icon_small_dark: LocalizedText | null;
  status: OpenEnum<"active" | "no-configure" | "quota-exceeded" | "no-permission" | "credential-removed">;
  models: AvailableModel[];
}

/** A model. */
export interface AvailableModel {
  /** What `embedding_model` and its like take. */
  model: string;
  label: LocalizedText;
  model_type: OpenEnum<ModelType>;
  features: string[] | null;
  fetch_from: OpenEnum<"predefined-model" | "customizable-model">;
  /** Depend on the type: `context_size`, `voices` and the like. */
  model_properties: JsonObject;
  deprecated: boolean;
  status: OpenEnum<"active" | "no-configure" | "quota-exceeded" | "no-permission" | "credential-removed">;
  load_balancing_enabled: boolean;
  has_invalid_load_balancing_configs: boolean;
}

/** `getAvailableModels` */
export interface GetAvailableModelsArgs {
  model_type: ModelType;
}

/** `getAvailableModelsByType` */
export interface GetAvailableModelsByTypeArgs {
  model_type: ModelType;
}

/** `getModelProviders`: not served by Dify 1.14.2. */
export type GetModelProvidersArgs = NoArgs;

/** `getModelProviderModels`: not served by Dify 1.14.2. */
export interface GetModelProviderModelsArgs {
  provider_name: string;
}

/** `validateModelProviderCredentials`: not served by Dify 1.14.2. */
export interface ValidateModelProviderCredentialsArgs {
  provider_name: string;
  /** The whole body. */
  credentials: object;
}
