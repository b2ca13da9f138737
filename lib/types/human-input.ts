import type { OpenEnum } from "./common";
import type { FileType } from "./files";
import type { JsonObject, JsonValue } from "./json";

/** A field of a form that a paused run waits for. */
export interface FormInput {
  type: OpenEnum<"paragraph" | "select" | "file" | "file-list">;
  /** The field's key among the submitted inputs. */
  output_variable_name: string;
  /** Of a paragraph. What it comes to stands in `resolved_default_values`. */
  default?: FormInputDefault | null;
  /** Of a select. */
  option_source?: FormOptionSource;
  /** Of file fields. */
  allowed_file_types?: OpenEnum<FileType>[];
  /** With the leading dot; counts where `custom` is among the types. */
  allowed_file_extensions?: string[];
  allowed_file_upload_methods?: OpenEnum<"local_file" | "remote_url">[];
  number_limits?: number;
}

/** A field's default: `value` itself, or the variable that `selector` names. */
export interface FormInputDefault {
  type: OpenEnum<"constant" | "variable">;
  selector: string[];
  value: string;
}

/** A select's options: `value` itself, or the variable that `selector` names. */
export interface FormOptionSource {
  type: OpenEnum<"constant" | "variable">;
  selector: string[];
  value: string[];
}

/** A button of a form; its `id` is the action to submit. */
export interface FormAction {
  id: string;
  title: string;
  button_style: OpenEnum<"primary" | "default" | "accent" | "ghost">;
}

/** A form as the person sees it who is to fill it. */
export interface HumanInputForm {
  /** Markdown, its variables filled in. */
  form_content: string;
  inputs: FormInput[];
  resolved_default_values: Record<string, JsonValue>;
  user_actions: FormAction[];
  /** Epoch seconds; afterwards the form is refused. */
  expiration_time: number | null;
}

/** A form as it stands in events and messages. */
export interface HumanInputFormDefinition {
  form_id: string;
  node_id: string;
  node_title: string;
  form_content: string;
  inputs: FormInput[];
  actions: FormAction[];
  display_in_ui: boolean;
  /** The form's key; null where it is to be filled elsewhere, or was filled. */
  form_token: string | null;
  resolved_default_values: Record<string, JsonValue>;
  /** Epoch seconds. */
  expiration_time: number;
}

/** How a form was filled. */
export interface HumanInputFormSubmission {
  node_id: string;
  node_title: string;
  rendered_content: string;
  action_id: string;
  action_text: string;
  submitted_data?: JsonObject | null;
}

/** A form in a message of a chatflow. */
export interface HumanInputContent {
  type: OpenEnum<"human_input">;
  workflow_run_id: string;
  submitted: boolean;
  form_definition: HumanInputFormDefinition | null;
  form_submission_data: HumanInputFormSubmission | null;
}

/** Why a run waits. All but `TYPE` is there when it waits for a form. */
export interface PauseReason {
  TYPE: OpenEnum<"human_input_required">;
  form_id?: string;
  form_content?: string;
  inputs?: FormInput[];
  actions?: FormAction[];
  node_id?: string;
  node_title?: string;
  resolved_default_values?: Record<string, JsonValue>;
  form_token?: string | null;
  /** Epoch seconds. */
  expiration_time?: number;
}
