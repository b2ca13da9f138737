/** What the server refuses a request with; thrown by the handlers, written by the server. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly kind: "usual" | "html" | "bare" = "usual",
  ) {
    super(message);
    this.name = "Refusal";
  }

  /** The JSON body. Two are irregular: a crash puts `message` first, creating segments answers `{error}`. */
  get body(): Record<string, unknown> {
    if (this.kind === "bare") return { error: this.message };
    if (this.status === 500) return { message: this.message, code: this.code, status: this.status };
    return { code: this.code, message: this.message, status: this.status };
  }
}

export const NOT_FOUND_HTML = `<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>
`;

export const refuse = {
  noKey: () =>
    new Refusal(401, "unauthorized", "Authorization header must be provided and start with 'Bearer'"),
  wrongScheme: () => new Refusal(401, "unauthorized", "Authorization scheme must be 'Bearer'"),
  wrongKey: () => new Refusal(401, "unauthorized", "Access token is invalid"),
  invalid: (message: string) => new Refusal(400, "invalid_param", message),
  noUser: () => new Refusal(400, "invalid_param", "Arg user must be provided."),
  badRequest: (message = "The browser (or proxy) sent a request that this server could not understand.") =>
    new Refusal(400, "bad_request", message),
  missingPart: () =>
    new Refusal(
      400,
      "bad_request_key_error",
      "The browser (or proxy) sent a request that this server could not understand.",
    ),
  notJson: () =>
    new Refusal(
      415,
      "unsupported_media_type",
      "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
    ),
  crash: () => new Refusal(500, "unknown", "Internal Server Error"),
  notFound: (message: string) => new Refusal(404, "not_found", message),
  noRoute: () => new Refusal(404, "not_found", "", "html"),
  wrongMethod: () =>
    new Refusal(405, "method_not_allowed", "The method is not allowed for the requested URL."),
  notChatApp: () =>
    new Refusal(400, "not_chat_app", "Please check if your app mode matches the right API route."),
  notWorkflowApp: () =>
    new Refusal(400, "not_workflow_app", "Please check if your app mode matches the right API route."),
  notCompletionApp: () =>
    new Refusal(400, "app_unavailable", "App unavailable, please check your app configurations."),
  noFile: () => new Refusal(400, "no_file_uploaded", "Please upload your file."),
  tooManyFiles: () => new Refusal(400, "too_many_files", "Only one file is allowed."),
  noFilename: () => new Refusal(400, "filename_not_exists_error", "The specified filename does not exist."),
  fileType: () => new Refusal(415, "unsupported_file_type", "File type not allowed."),
  fileTooLarge: () => new Refusal(413, "file_too_large", ""),
};
