import { inspect } from "node:util";
import { resolveApiKey } from "../core/api-key";
import { resolveBaseUrl } from "../core/base-url";
import { type Caller, describeRequest, type Endpoint, endpoint } from "../core/endpoint";
import type { Executor, Family, FamilyExtras } from "../core/executor";
import type { Mode, Reply, ResponseMode } from "../core/mode";
import type { ClientOptions, RequestOptions } from "../core/options";
import { as, choice, file, flag, id, nullable, object, optional, text } from "../core/params";
import { warnOfPlainHttp } from "../core/plain-http";
import type { DifyResponse } from "../core/response";
import { type ClientSettings, checkClientOptionNames, resolveClientOptions } from "../core/settings";
import type { StreamOf } from "../core/streams";
import { ValidationError } from "../errors";
import type {
  AppInfo,
  AppMeta,
  AppParameters,
  AppSite,
  CreateAppApiTokenArgs,
  DeleteAppApiTokenArgs,
  FileMap,
  FileUploadArgs,
  GetAppApiTokensArgs,
  GetApplicationParametersArgs,
  GetAppSiteConfigArgs,
  GetFilePreviewArgs,
  GetMetaArgs,
  JsonObject,
  MessageFeedbackArgs,
  Success,
  TextToAudioArgs,
  UpdateAppSiteConfigArgs,
  UploadedFile,
} from "../types";
import { VERSION } from "../version";

/** What a generation gives: the whole answer, or its events, as `response_mode` says. */
export type Generation<M extends Mode, R extends ResponseMode, T, E> = Reply<
  M,
  R extends "streaming" ? StreamOf<M, E> : DifyResponse<T>
>;

const messageFeedback = endpoint<MessageFeedbackArgs>(
  "messageFeedback",
  "POST /messages/{message_id}/feedbacks",
  {
    message_id: id,
    rating: nullable(choice("like", "dislike")),
    user: text,
    content: optional(text),
  },
);
const getApplicationParameters = endpoint<GetApplicationParametersArgs>(
  "getApplicationParameters",
  "GET /parameters",
  { user: text },
);
const fileUpload = endpoint<FileUploadArgs<Mode>>(
  "fileUpload",
  "POST /files/upload",
  { user: text, files: as("*", file) },
  { aliases: { file: "files" } },
);
const textToAudio = endpoint<TextToAudioArgs>(
  "textToAudio",
  "POST /text-to-audio",
  {
    text: text,
    user: text,
    streaming: optional(flag, false),
    message_id: optional(id),
    voice: optional(text),
  },
  { slow: true },
);
const getMeta = endpoint<GetMetaArgs>("getMeta", "GET /meta", { user: text });
const getAppInfo = endpoint<Record<never, never>>("getAppInfo", "GET /info", {});
const getAppSiteInfo = endpoint<Record<never, never>>("getAppSiteInfo", "GET /site", {});
const getFilePreview = endpoint<GetFilePreviewArgs>("getFilePreview", "GET /files/{file_id}/preview", {
  file_id: id,
  as_attachment: optional(flag),
  user: optional(text),
});
const notServed = { notServed: true } as const;
const getAppSiteConfig = endpoint<GetAppSiteConfigArgs>(
  "getAppSiteConfig",
  "GET /apps/{app_id}/site/config",
  { app_id: id },
  notServed,
);
const updateAppSiteConfig = endpoint<UpdateAppSiteConfigArgs>(
  "updateAppSiteConfig",
  "PUT /apps/{app_id}/site/config",
  { app_id: id, config_data: { ...object, place: "whole" } },
  notServed,
);
const getAppApiTokens = endpoint<GetAppApiTokensArgs>(
  "getAppApiTokens",
  "GET /apps/{app_id}/api-tokens",
  { app_id: id },
  { notServed: true, secret: true },
);
const createAppApiToken = endpoint<CreateAppApiTokenArgs>(
  "createAppApiToken",
  "POST /apps/{app_id}/api-tokens",
  { app_id: id, name: text, description: optional(text) },
  { notServed: true, secret: true },
);
const deleteAppApiToken = endpoint<DeleteAppApiTokenArgs>(
  "deleteAppApiToken",
  "DELETE /apps/{app_id}/api-tokens/{token_id}",
  { app_id: id, token_id: id },
  notServed,
);

/** Where a client's key may come from, and which options it has beyond the common ones. */
export interface ClientKind {
  readonly keyVariables: readonly string[];
  readonly optionNames: readonly string[];
}

const APP_CLIENT: ClientKind = { keyVariables: ["DIFY_API_KEY"], optionNames: [] };

/**
 * The methods that every client has. Python's `DifyClient`.
 *
 * Each takes one object with Python's parameter names, and per-call options. A bad argument is a
 * `ValidationError` before anything is sent; a failing status raises the error of its class.
 */
export abstract class DifyApi<M extends Mode> {
  /** Where requests go, without a slash at the end. */
  readonly baseUrl: string;
  readonly #mode: M;
  readonly #settings: ClientSettings;
  readonly #executor: Executor<M>;

  /** @internal */
  protected constructor(
    family: Family<M>,
    apiKey: string | null | undefined,
    options: string | ClientOptions<M> | undefined,
    kind: ClientKind = APP_CLIENT,
  ) {
    const given =
      typeof options === "string"
        ? ({ baseUrl: options } as ClientOptions<M>)
        : (options ?? ({} as ClientOptions<M>));
    if (typeof given !== "object" || Array.isArray(given)) {
      throw new ValidationError("the second argument must be the base URL or an object of options");
    }
    checkClientOptionNames(given, family.mode, kind.optionNames);
    const key = resolveApiKey(apiKey, kind.keyVariables);
    const { baseUrl, origin, basePath } = resolveBaseUrl(given.baseUrl);
    const settings = resolveClientOptions(given as ClientOptions<"async">);
    warnOfPlainHttp(origin);
    this.baseUrl = baseUrl;
    this.#mode = family.mode;
    this.#settings = settings;
    this.#executor = family.connect(
      {
        origin,
        basePath,
        headers: {
          authorization: `Bearer ${key}`,
          "content-type": "application/json",
          "user-agent": USER_AGENT,
          ...settings.headers,
        },
        proxy: settings.proxy,
        connectTimeout: settings.limits.connectTimeout,
        logging: settings.log !== null,
      },
      settings.log,
      familyExtras(family.mode, given) as FamilyExtras<M>,
    );
  }

  /** Likes or dislikes a message; `rating: null` takes that back. `POST /messages/{message_id}/feedbacks` · Python `message_feedback` */
  messageFeedback(args: MessageFeedbackArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<Success>> {
    return this.call(messageFeedback, args, options);
  }

  /** The app's input form, features and limits. `GET /parameters` · Python `get_application_parameters` */
  getApplicationParameters(
    args: GetApplicationParametersArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<AppParameters>> {
    return this.call(getApplicationParameters, args, options);
  }

  /**
   * Uploads a file, to be used as `upload_file_id` by the same user. The file is streamed, never held whole. A
   * refused upload raises `FileUploadError`. `POST /files/upload` · Python `file_upload`
   */
  fileUpload(args: FileUploadArgs<M>, options?: RequestOptions<M>): Reply<M, DifyResponse<UploadedFile>>;
  /** As Python's README has it: `fileUpload("user_id", { file: [name, content, mimeType] })`. */
  fileUpload(
    user: string,
    files: FileMap<M>,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<UploadedFile>>;
  fileUpload(
    first: FileUploadArgs<M> | string,
    second?: FileMap<M> | RequestOptions<M>,
    third?: RequestOptions<M>,
  ): Reply<M, DifyResponse<UploadedFile>> {
    return typeof first === "string"
      ? this.call(fileUpload, { user: first, files: second }, third)
      : this.call(fileUpload, first, second as RequestOptions<M>);
  }

  /**
   * Speech for a text: the audio is in `content`, its kind in the header `content-type`. Waits up to 10 minutes
   * for the first byte. `POST /text-to-audio` · Python `text_to_audio`
   */
  textToAudio(args: TextToAudioArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<unknown>> {
    return this.call(textToAudio, args, options);
  }

  /** The icons of the app's tools. `GET /meta` · Python `get_meta` */
  getMeta(args: GetMetaArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<AppMeta>> {
    return this.call(getMeta, args, options);
  }

  /** The app's name, description, tags and mode. `GET /info` · Python `get_app_info` */
  getAppInfo(args?: Record<string, never>, options?: RequestOptions<M>): Reply<M, DifyResponse<AppInfo>> {
    return this.call(getAppInfo, args, options);
  }

  /** How the app's web page looks. `GET /site` · Python `get_app_site_info` */
  getAppSiteInfo(args?: Record<string, never>, options?: RequestOptions<M>): Reply<M, DifyResponse<AppSite>> {
    return this.call(getAppSiteInfo, args, options);
  }

  /** The bytes of an uploaded file, in `content`. `GET /files/{file_id}/preview` · Python `get_file_preview` */
  getFilePreview(args: GetFilePreviewArgs, options?: RequestOptions<M>): Reply<M, DifyResponse<unknown>> {
    return this.call(getFilePreview, args, options);
  }

  /**
   * The app's site settings. Not served by Dify 1.14.2 (404).
   * `GET /apps/{app_id}/site/config` · Python `get_app_site_config`
   */
  getAppSiteConfig(
    args: GetAppSiteConfigArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(getAppSiteConfig, args, options);
  }

  /**
   * Changes the app's site settings. Not served by Dify 1.14.2 (404).
   * `PUT /apps/{app_id}/site/config` · Python `update_app_site_config`
   */
  updateAppSiteConfig(
    args: UpdateAppSiteConfigArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(updateAppSiteConfig, args, options);
  }

  /**
   * The app's API tokens. Not served by Dify 1.14.2 (404).
   * `GET /apps/{app_id}/api-tokens` · Python `get_app_api_tokens`
   */
  getAppApiTokens(
    args: GetAppApiTokensArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(getAppApiTokens, args, options);
  }

  /**
   * Makes an API token. Not served by Dify 1.14.2 (404).
   * `POST /apps/{app_id}/api-tokens` · Python `create_app_api_token`
   */
  createAppApiToken(
    args: CreateAppApiTokenArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(createAppApiToken, args, options);
  }

  /**
   * Deletes an API token. Not served by Dify 1.14.2 (404).
   * `DELETE /apps/{app_id}/api-tokens/{token_id}` · Python `delete_app_api_token`
   */
  deleteAppApiToken(
    args: DeleteAppApiTokenArgs,
    options?: RequestOptions<M>,
  ): Reply<M, DifyResponse<JsonObject>> {
    return this.call(deleteAppApiToken, args, options);
  }

  /** Carries out an endpoint. The request is described inside the executor, so that a bad argument rejects or throws as the family does. @internal */
  protected call<T>(endpoint: Endpoint, args: unknown, options: RequestOptions<M> | undefined): Reply<M, T> {
    return this.#executor.send(() => describeRequest(endpoint, args, options, this.caller())) as Reply<M, T>;
  }

  /** @internal */
  protected caller(): Caller {
    return { mode: this.#mode, settings: this.#settings, datasetId: undefined };
  }

  /** @internal */
  protected shutDown(): Reply<M, void> {
    return this.#executor.close();
  }

  /** Whether `value` is a client of the family, for the two bases' `instanceof`. @internal */
  protected static isOfFamily(value: unknown, mode: Mode): boolean {
    return typeof value === "object" && value !== null && #mode in value && value.#mode === mode;
  }

  [inspect.custom](): string {
    return `${this.constructor.name} { baseUrl: ${inspect(this.baseUrl)} }`;
  }
}

const USER_AGENT = `dify-dual/${VERSION}`;

function familyExtras(mode: Mode, options: object): FamilyExtras<Mode> {
  if (mode === "async")
    return { dispatcher: checkDispatcher((options as ClientOptions<"async">).dispatcher) };
  const { bridge = "worker" } = options as ClientOptions<"sync">;
  if (bridge !== "worker" && bridge !== "process") {
    throw new ValidationError('option "bridge" must be "worker" or "process"');
  }
  return { bridge };
}

function checkDispatcher(
  dispatcher: ClientOptions<"async">["dispatcher"],
): ClientOptions<"async">["dispatcher"] {
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== "function") {
    throw new ValidationError('option "dispatcher" must be a dispatcher of undici');
  }
  return dispatcher;
}
