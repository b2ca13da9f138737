/// <reference types="node" />
import type { Blob } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import type { ReadableStream } from "node:stream/web";
import type { Mode } from "../core/mode";
import type { OpenEnum } from "./common";

/** What a file is to the app. */
export type FileType = "image" | "document" | "audio" | "video" | "custom";

/** A file that an app is given: one on the web, or one that was uploaded with `fileUpload`. */
export interface InputFile {
  type: FileType;
  /** `remote_url` goes with `url`, `local_file` with `upload_file_id`. */
  transfer_method: "remote_url" | "local_file";
  url?: string | null | undefined;
  /** The `id` that `fileUpload` answered. */
  upload_file_id?: string | null | undefined;
}

/** A file as it stands in the inputs, outputs and file lists of messages and workflow runs. */
export interface FileValue {
  dify_model_identity?: string;
  id?: string | null;
  type: OpenEnum<FileType>;
  transfer_method: OpenEnum<"remote_url" | "local_file" | "tool_file">;
  remote_url?: string | null;
  reference?: string | null;
  filename: string | null;
  /** With the leading dot. */
  extension: string | null;
  mime_type: string | null;
  /** Bytes. */
  size: number;
  related_id: string | null;
  upload_file_id?: string | null;
  /** Where to get it; signed, so it does not work for ever. */
  url: string | null;
}

/** What `fileUpload` answers. */
export interface UploadedFile {
  /** What `upload_file_id` takes. */
  id: string;
  reference: string | null;
  name: string;
  /** Bytes. */
  size: number;
  /** Without a dot. */
  extension: string | null;
  mime_type: string | null;
  created_by: string | null;
  /** Epoch seconds. */
  created_at: number;
  preview_url: string | null;
  source_url: string | null;
  original_url: string | null;
  user_id: string | null;
  tenant_id: string | null;
  conversation_id: string | null;
  file_key: string | null;
}

/** A file with a name of its own, such as a `File`. */
export interface FileLike {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** Content that both families take. */
type PlainContent = Buffer | Uint8Array | ArrayBuffer | Blob | FileLike | { readonly path: string };

// An interface looked up by the mode, not a conditional type: in a class that is generic over the mode a
// conditional type could not be used at all.
interface OwnContent {
  async: NodeJS.ReadableStream | ReadableStream<Uint8Array> | FileHandle;
  sync: { readonly fd: number };
}

/**
 * What a file can be read from: bytes, a `Blob` or `File`, or the file at `{ path }`. The async family also
 * takes streams and file handles, the sync family an open descriptor `{ fd }`. A bare string is none of them:
 * write `{ path }` for a file's path, `[name, text]` for text.
 */
export type FileContent<M extends Mode> = PlainContent | OwnContent[M];

/** Python's form of a file: its name, its content, perhaps its MIME type. A string is the content itself. */
export type FileTuple<M extends Mode> = readonly [
  name: string,
  content: FileContent<M> | string,
  mime?: string,
];

/** A file to upload, with or without a name. */
export type FileArgument<M extends Mode> = FileContent<M> | FileTuple<M>;

/** The one file of an upload, under the name of its form field. */
export interface FileMap<M extends Mode> {
  file: FileArgument<M>;
}

/** `fileUpload` */
export interface FileUploadArgs<M extends Mode> {
  /** The end user that may use the file afterwards. */
  user: string;
  files: FileMap<M>;
}

/** `getFilePreview` */
export interface GetFilePreviewArgs {
  file_id: string;
  /** Asks for the headers of a download instead of a preview. Default false. */
  as_attachment?: boolean | null | undefined;
  user?: string | null | undefined;
}

/** `getFileInfo`: not served by Dify 1.14.2. */
export interface GetFileInfoArgs {
  file_id: string;
}

/** `getFileDownloadUrl`: not served by Dify 1.14.2. */
export interface GetFileDownloadUrlArgs {
  file_id: string;
}

/** `deleteFile`: not served by Dify 1.14.2. */
export interface DeleteFileArgs {
  file_id: string;
}
