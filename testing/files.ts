import { randomUUID } from "node:crypto";
import { type Answer, type Call, json } from "./call";
import { signedUrl } from "./downloads";
import { Refusal, refuse } from "./errors";
import type { Part } from "./multipart";
import { isRecord, str } from "./python";
import type { Route } from "./router";
import { isUuid } from "./schema";
import { type App, type EndUser, now, type State } from "./state";

const MB = 1024 * 1024;
const IMAGES = ["jpg", "jpeg", "png", "webp", "gif", "svg"];
const AUDIOS = ["mp3", "m4a", "wav", "amr", "mpga"];
const VIDEOS = ["mp4", "mov", "mpeg", "webm"];
const BANNED = ["exe", "bat", "cmd", "com", "scr", "vbs", "ps1", "msi", "dll"];
const FILE_TYPES = ["image", "document", "audio", "video", "custom"];

/** A file that was uploaded for an app. */
export interface UploadedFile {
  id: string;
  appId: string;
  userId: string;
  userName: string;
  name: string;
  extension: string;
  mimeType: string;
  size: number;
  content: Buffer;
  createdAt: number;
  /** A file can be looked at only once a message has it. */
  used: boolean;
  /** Where a remote file is; it is not fetched. */
  remoteUrl: string;
  /** What the caller says it is, where the caller does. */
  type: string;
}

/** A file of a message, in the form in which messages list it. */
export type MessageFile = Record<string, unknown>;

export function extensionOf(filename: string): string {
  const dot = filename.lastIndexOf(".");
  return dot < 0 ? "" : filename.slice(dot + 1).toLowerCase();
}

function sizeLimit(extension: string): number {
  if (IMAGES.includes(extension)) return 10 * MB;
  if (VIDEOS.includes(extension)) return 100 * MB;
  return (AUDIOS.includes(extension) ? 50 : 15) * MB;
}

/** How much of an upload is worth keeping: what is bigger is refused anyway. */
export const keptBytes = (filename: string): number => sizeLimit(extensionOf(filename));

/**
 * The one file of an upload, or the refusal that Dify has for it.
 * @param untyped whether a part without a content type is taken
 */
export async function uploadedPart(call: Call, untyped = false): Promise<Part> {
  const { files } = await call.form();
  const part = files.find((file) => file.name === "file");
  if (!part) throw refuse.noFile();
  if (new Set(files.map((file) => file.name)).size > 1) throw refuse.tooManyFiles();
  if (!untyped && !part.contentType) throw refuse.fileType();
  if (!part.filename) throw refuse.noFilename();
  return part;
}

async function upload(call: Call): Promise<Answer> {
  const part = await uploadedPart(call);
  const name = part.filename ?? "";
  if (/[/\\]/.test(name)) throw refuse.invalid("Filename contains invalid characters");
  const extension = extensionOf(name);
  if (BANNED.includes(extension)) {
    throw refuse.invalid(`File extension '.${extension}' is not allowed for security reasons`);
  }
  if (part.size > sizeLimit(extension)) throw refuse.fileTooLarge();
  const file: UploadedFile = {
    id: randomUUID(),
    appId: call.app.id,
    userId: call.user.id,
    userName: call.user.name,
    name,
    extension,
    mimeType: (part.contentType ?? "").split(";")[0]?.trim() ?? "",
    size: part.size,
    content: part.content,
    createdAt: now(),
    used: false,
    remoteUrl: "",
    type: "",
  };
  call.state.files.set(file.id, file);
  return json(
    {
      id: file.id,
      reference: null,
      name: file.name,
      size: file.size,
      extension: file.extension,
      mime_type: file.mimeType,
      created_by: call.user.id,
      created_at: file.createdAt,
      preview_url: null,
      source_url: signedUrl(call, file.id),
      original_url: null,
      user_id: null,
      tenant_id: call.state.tenantId,
      conversation_id: null,
      file_key: null,
    },
    201,
  );
}

function preview(call: Call): Answer {
  const file = call.state.files.get(call.param("file_id").toLowerCase());
  if (!file?.used) throw new Refusal(404, "file_not_found", "File not found in message context");
  if (file.appId !== call.app.id) {
    throw new Refusal(403, "file_access_denied", "File access denied: not owned by requesting app");
  }
  const attached = ["true", "1", "yes", "on"].includes((call.query.get("as_attachment") ?? "").toLowerCase());
  const type = /^text\//.test(file.mimeType) ? `${file.mimeType}; charset=utf-8` : file.mimeType;
  return {
    kind: "bytes",
    body: file.content,
    headers: attached
      ? {
          "Content-Type": "application/octet-stream",
          "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`,
          "Cache-Control": "public, max-age=3600",
        }
      : { "Content-Type": type, "Cache-Control": "public, max-age=3600" },
  };
}

/** The file that a mapping in `files` or in an input names. */
export function fileOf(state: State, app: App, user: EndUser, mapping: unknown): UploadedFile {
  if (!isRecord(mapping)) throw refuse.invalid("Invalid upload file");
  const method = mapping.transfer_method;
  const type = str(mapping.type ?? "");
  if (method !== "local_file" && method !== "remote_url") {
    throw refuse.invalid(
      `${method === undefined ? "None" : `'${str(method)}'`} is not a valid FileTransferMethod`,
    );
  }
  if (!FILE_TYPES.includes(type)) throw refuse.invalid(`No matching enum found for value '${type}'`);
  if (method === "remote_url") return remoteFile(app, user, type, mapping);
  const id = mapping.upload_file_id;
  const file = typeof id === "string" && isUuid(id) ? state.files.get(id.toLowerCase()) : undefined;
  if (!file || file.appId !== app.id || file.userId !== user.id) throw refuse.invalid("Invalid upload file");
  file.type = type;
  return file;
}

function remoteFile(app: App, user: EndUser, type: string, mapping: Record<string, unknown>): UploadedFile {
  const url = mapping.url ?? mapping.remote_url;
  if (typeof url !== "string" || !URL.canParse(url)) throw refuse.invalid("Invalid file url");
  const name = new URL(url).pathname.split("/").pop() ?? "";
  const extension = extensionOf(name);
  return {
    id: randomUUID(),
    appId: app.id,
    userId: user.id,
    userName: user.name,
    name,
    extension,
    mimeType: IMAGES.includes(extension) ? `image/${extension === "jpg" ? "jpeg" : extension}` : "",
    size: -1,
    content: Buffer.alloc(0),
    createdAt: now(),
    used: false,
    remoteUrl: url,
    type,
  };
}

/** A file as the inputs and outputs of runs show it. */
export function fileValue(call: Call, file: UploadedFile): Record<string, unknown> {
  const local = file.remoteUrl === "";
  const reference = Buffer.from(JSON.stringify({ record_id: file.id })).toString("base64");
  return {
    dify_model_identity: "__dify__file__",
    id: null,
    type: file.type,
    transfer_method: local ? "local_file" : "remote_url",
    remote_url: file.remoteUrl,
    reference: local ? `dify-file-ref:${reference}` : null,
    filename: file.name,
    extension: file.extension === "" ? "" : `.${file.extension}`,
    mime_type: file.mimeType,
    size: file.size,
    related_id: local ? file.id : null,
    url: local ? signedUrl(call, file.id) : file.remoteUrl,
  };
}

/** A file as a message lists it; from then on it can be looked at. */
export function messageFile(call: Call, file: UploadedFile): MessageFile {
  file.used = true;
  const local = file.remoteUrl === "";
  return {
    id: randomUUID(),
    filename: file.name,
    type: file.type,
    url: local ? signedUrl(call, file.id) : file.remoteUrl,
    mime_type: file.mimeType,
    size: file.size,
    transfer_method: local ? "local_file" : "remote_url",
    belongs_to: "user",
    upload_file_id: local ? file.id : null,
  };
}

/** Files among the values, in the form in which a run shows them. */
export function showFiles(call: Call, values: Record<string, unknown>): Record<string, unknown> {
  const show = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(show);
    if (typeof value === "object" && value !== null && "mimeType" in value)
      return fileValue(call, value as never);
    return value;
  };
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, show(value)]));
}

export const fileRoutes: Route[] = [
  { method: "POST", rule: "/files/upload", key: "app", user: { from: "form" }, handler: upload },
  {
    method: "GET",
    rule: "/files/<uuid:file_id>/preview",
    key: "app",
    user: { from: "query" },
    handler: preview,
  },
];
