import { type App, hasGraph, type Variable } from "./apps";
import { type Answer, type Call, json } from "./call";
import { Refusal } from "./errors";
import type { Route } from "./router";

/** The server's version, in the header `X-Version` and in the answer of `GET /`. */
export const VERSION = "1.14.2";

function index(): Answer {
  return json({ welcome: "Dify OpenAPI", api_version: "v1", server_version: VERSION });
}

function info(call: Call): Answer {
  const { name, description, mode } = call.app;
  return json({ name, description, tags: [], mode, author_name: "admin" });
}

function meta(call: Call): Answer {
  const host = call.request.headers.host ?? "127.0.0.1";
  const icon = `http://${host}/console/api/workspaces/current/tool-provider/builtin/time/icon`;
  return json({ tool_icons: call.app.kind === "agentChat" ? { current_time: icon } : {} });
}

function site(call: Call): Answer {
  return json({
    title: call.app.name,
    chat_color_theme: null,
    chat_color_theme_inverted: false,
    icon_type: "emoji",
    icon: "🤖",
    icon_background: "#FFEAD5",
    description: null,
    copyright: null,
    privacy_policy: null,
    custom_disclaimer: "",
    default_language: "en-US",
    show_workflow_steps: true,
    use_icon_as_answer_icon: false,
    icon_url: null,
  });
}

function parameters(call: Call): Answer {
  const { app } = call;
  const graph = hasGraph(app);
  return json({
    opening_statement: app.opening,
    suggested_questions: graph ? ["What can you do?", "Say hi"] : ["One?", "Two?"],
    suggested_questions_after_answer: { enabled: !graph },
    speech_to_text: { enabled: !graph },
    text_to_speech: graph
      ? { enabled: false, language: "", voice: "" }
      : { autoPlay: "disabled", enabled: true, language: "en-US", voice: "alloy" },
    retriever_resource: { enabled: true },
    annotation_reply: app.annotationReply ?? { enabled: false },
    more_like_this: { enabled: false },
    user_input_form: app.form.map((variable) => ({
      [variable.type]: graph ? graphVariable(variable) : plainVariable(variable),
    })),
    sensitive_word_avoidance: graph ? { enabled: false } : { configs: [], enabled: false, type: "" },
    file_upload: fileUpload(app),
    system_parameters: {
      image_file_size_limit: 10,
      video_file_size_limit: 100,
      audio_file_size_limit: 50,
      file_size_limit: 15,
      workflow_file_upload_limit: 10,
    },
  });
}

function graphVariable(variable: Variable) {
  const files = {
    allowed_file_extensions: [],
    allowed_file_types: variable.name === "attachment" ? ["image", "document"] : ["document", "image"],
    allowed_file_upload_methods: ["local_file", "remote_url"],
  };
  return {
    ...(variable.type.startsWith("file") ? files : {}),
    label: variable.name,
    max_length: variable.maxLength ?? 4096,
    options: variable.options ?? [],
    required: variable.required ?? false,
    type: variable.type,
    variable: variable.name,
  };
}

function plainVariable(variable: Variable) {
  return {
    default: variable.options?.[0] ?? "",
    label: variable.name,
    ...(variable.maxLength === undefined ? {} : { max_length: variable.maxLength }),
    ...(variable.options === undefined ? {} : { options: variable.options }),
    required: variable.required ?? false,
    variable: variable.name,
  };
}

function fileUpload(app: App) {
  if (!hasGraph(app)) {
    const methods = ["remote_url", "local_file"];
    return { image: { detail: "high", enabled: true, number_limits: 3, transfer_methods: methods } };
  }
  return {
    allowed_file_extensions: [],
    allowed_file_types: ["image", "document"],
    allowed_file_upload_methods: ["local_file", "remote_url"],
    enabled: true,
    number_limits: 3,
  };
}

function endUser(call: Call): Answer {
  const id = call.param("end_user_id").toLowerCase();
  const user = [...call.state.endUsers.values()].find(
    (known) => known.id === id && known.appId === call.app.id,
  );
  if (!user) throw new Refusal(404, "end_user_not_found", "End user not found.");
  const at = user.createdAt.toISOString().slice(0, 19);
  return json({
    id: user.id,
    tenant_id: call.state.tenantId,
    app_id: user.appId,
    type: "service-api",
    external_user_id: user.name,
    name: null,
    is_anonymous: false,
    session_id: user.name,
    created_at: at,
    updated_at: at,
  });
}

export const appRoutes: Route[] = [
  { method: "GET", rule: "/", key: "none", handler: index },
  { method: "GET", rule: "/parameters", key: "app", handler: parameters },
  { method: "GET", rule: "/meta", key: "app", handler: meta },
  { method: "GET", rule: "/info", key: "app", handler: info },
  { method: "GET", rule: "/site", key: "app", handler: site },
  { method: "GET", rule: "/end-users/<uuid:end_user_id>", key: "app", handler: endUser },
];
