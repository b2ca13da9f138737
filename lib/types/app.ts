import type { NoArgs, OpenEnum } from "./common";
import type { FileType } from "./files";

/** The kinds of app. */
export type AppMode = OpenEnum<"chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow">;

/** What `getAppInfo` answers. */
export interface AppInfo {
  name: string;
  description: string;
  tags: string[];
  mode: AppMode;
  author_name: string | null;
}

/** A feature that is on or off. */
export interface Feature {
  enabled: boolean;
}

/** How files may come in. */
export type FileTransferMethod = OpenEnum<"local_file" | "remote_url">;

/** An input variable of the app, as its form shows it. */
export interface InputControl {
  /** The key among `inputs`. */
  variable: string;
  label: string;
  required: boolean;
  default?: string;
  /** Characters, or how many files. */
  max_length?: number;
  options?: string[];
  /** The name of the control again; missing in plain chat and completion apps. */
  type?: string;
}

/** A choice. */
export interface SelectControl extends InputControl {
  options: string[];
}

/** One file, or a list of them. */
export interface FileControl extends InputControl {
  allowed_file_extensions: string[];
  allowed_file_types: OpenEnum<FileType>[];
  allowed_file_upload_methods: FileTransferMethod[];
}

/** A line of the app's form: exactly one of the keys is there, and it names the control. */
export interface UserInputFormItem {
  "text-input"?: InputControl;
  paragraph?: InputControl;
  select?: SelectControl;
  number?: InputControl;
  file?: FileControl;
  "file-list"?: FileControl;
}

/** What `getApplicationParameters` answers. */
export interface AppParameters {
  opening_statement: string | null;
  suggested_questions: string[];
  suggested_questions_after_answer: Feature;
  speech_to_text: Feature;
  text_to_speech: TextToSpeechSettings;
  retriever_resource: Feature;
  annotation_reply: AnnotationReplySettings;
  more_like_this: Feature;
  user_input_form: UserInputFormItem[];
  sensitive_word_avoidance: SensitiveWordAvoidance;
  file_upload: FileUploadSettings;
  system_parameters: SystemParameters;
}

/** How an app speaks. */
export interface TextToSpeechSettings extends Feature {
  voice?: string | null;
  language?: string | null;
  autoPlay?: OpenEnum<"enabled" | "disabled">;
}

/** How an app uses annotations; the details are there where it does. */
export interface AnnotationReplySettings extends Feature {
  id?: string;
  score_threshold?: number;
  embedding_model?: { embedding_provider_name: string; embedding_model_name: string };
}

/** How an app is moderated. */
export interface SensitiveWordAvoidance extends Feature {
  type?: string;
  configs?: unknown;
}

/** Which files an app takes. */
export interface FileUploadSettings {
  enabled?: boolean;
  image?: {
    enabled: boolean;
    number_limits: number;
    detail: string;
    transfer_methods: FileTransferMethod[];
  };
  allowed_file_extensions?: string[];
  allowed_file_types?: OpenEnum<FileType>[];
  allowed_file_upload_methods?: FileTransferMethod[];
  number_limits?: number;
}

/** The server's limits: files in megabytes, the last in files. */
export interface SystemParameters {
  file_size_limit: number;
  image_file_size_limit: number;
  audio_file_size_limit: number;
  video_file_size_limit: number;
  workflow_file_upload_limit: number;
}

/** What `getMeta` answers. */
export interface AppMeta {
  /** By tool: a URL, or an emoji on a colour. */
  tool_icons: Record<string, string | ToolIcon>;
}

/** A tool's icon that is an emoji. */
export interface ToolIcon {
  background: string;
  content: string;
}

/** What `getAppSiteInfo` answers: how the app's own web page looks. */
export interface AppSite {
  title: string;
  chat_color_theme: string | null;
  chat_color_theme_inverted: boolean;
  icon_type: OpenEnum<"emoji" | "image" | "link"> | null;
  icon: string | null;
  icon_background: string | null;
  icon_url: string | null;
  description: string | null;
  copyright: string | null;
  privacy_policy: string | null;
  input_placeholder?: string | null;
  custom_disclaimer: string | null;
  default_language: string;
  show_workflow_steps: boolean;
  use_icon_as_answer_icon: boolean;
}

/** `getApplicationParameters` */
export interface GetApplicationParametersArgs {
  /** Sent as in Python; the answer is the same for all users. */
  user: string;
}

/** `getMeta` */
export interface GetMetaArgs {
  /** Sent as in Python; the answer is the same for all users. */
  user: string;
}

/** `getAppInfo` */
export type GetAppInfoArgs = NoArgs;

/** `getAppSiteInfo` */
export type GetAppSiteInfoArgs = NoArgs;

/** `getAppSiteConfig`: not served by Dify 1.14.2. */
export interface GetAppSiteConfigArgs {
  app_id: string;
}

/** `updateAppSiteConfig`: not served by Dify 1.14.2. */
export interface UpdateAppSiteConfigArgs {
  app_id: string;
  /** The whole body. */
  config_data: object;
}

/** `getAppApiTokens`: not served by Dify 1.14.2. */
export interface GetAppApiTokensArgs {
  app_id: string;
}

/** `createAppApiToken`: not served by Dify 1.14.2. */
export interface CreateAppApiTokenArgs {
  app_id: string;
  name: string;
  description?: string | null | undefined;
}

/** `deleteAppApiToken`: not served by Dify 1.14.2. */
export interface DeleteAppApiTokenArgs {
  app_id: string;
  token_id: string;
}
