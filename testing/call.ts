import type { IncomingMessage } from "node:http";
import { refuse } from "./errors";
import { keptBytes } from "./files";
import { boundaryOf, MultipartError, type Part, parseMultipart } from "./multipart";
import { isRecord } from "./python";
import type { Fields } from "./schema";
import { validate } from "./schema";
import type { App, EndUser, State } from "./state";

/** What a handler answers with. */
export type Answer =
  | { kind: "json"; status: number; value: unknown; generated?: boolean }
  | { kind: "empty" }
  | { kind: "bytes"; headers: Record<string, string>; body: Buffer; chunked?: boolean }
  | StreamAnswer
  | { kind: "refused stream"; message: string };

export interface StreamAnswer {
  kind: "stream";
  events: AsyncIterable<StreamEvent>;
  /** Whether the stream begins with a ping. */
  pingFirst: boolean;
  /** Milliseconds until the body ends, after the last event. */
  tail: number;
  headers?: Record<string, string>;
  /** Whether the JSON is written with spaces, as Python's own encoder does it. */
  spaced?: boolean;
}

/** The JSON of an event. */
export type StreamEvent = Record<string, unknown>;

export type Handler = (call: Call) => Answer | Promise<Answer>;

/** The usual answer: Flask's JSON with a line feed. */
export const json = (value: unknown, status = 200): Answer => ({ kind: "json", status, value });
/** A blocking generation's answer, which a different writer makes: a charset, no line feed. */
export const generated = (value: unknown): Answer => ({ kind: "json", status: 200, value, generated: true });
export const empty: Answer = { kind: "empty" };
export const success: Answer = json({ result: "success" });

export interface Form {
  fields: Record<string, string>;
  files: Part[];
}

/** One request, as a handler sees it. */
export class Call {
  private jsonBody: Promise<Record<string, unknown>> | undefined;
  private formBody: Promise<Form> | undefined;
  /** Set by the server once the key is known. */
  app!: App;
  /** Set by the server for routes that read a user. */
  user!: EndUser;

  constructor(
    readonly state: State,
    readonly request: IncomingMessage,
    readonly path: string,
    readonly query: URLSearchParams,
    readonly params: Record<string, string>,
    /** Aborted when the client has gone away. */
    readonly gone: AbortSignal,
  ) {}

  param(name: string): string {
    return this.params[name] ?? "";
  }

  /** `request.get_json()`: 415 without a JSON content type, 400 for what is no JSON, 500 for what is no object. */
  json(): Promise<Record<string, unknown>> {
    this.jsonBody ??= this.readJson();
    return this.jsonBody;
  }

  /** The JSON body checked against a model. */
  async payload(
    model: string,
    fields: Fields,
    whole?: (accepted: Record<string, unknown>) => string | undefined,
  ): Promise<Record<string, unknown>> {
    return validate(model, fields, await this.json(), whole);
  }

  /** The query checked against a model. */
  checkedQuery(model: string, fields: Fields): Record<string, unknown> {
    return validate(model, fields, Object.fromEntries(this.query));
  }

  /** The fields and files of a form; both empty for a body of another type. */
  form(): Promise<Form> {
    this.formBody ??= this.readForm();
    return this.formBody;
  }

  private async readJson(): Promise<Record<string, unknown>> {
    const type = (this.request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    if (!/^application\/(.+\+)?json$/.test(type)) throw refuse.notJson();
    let value: unknown;
    try {
      value = JSON.parse((await this.bytes()).toString("utf8"));
    } catch {
      throw refuse.badRequest();
    }
    if (!isRecord(value)) throw refuse.crash();
    return value;
  }

  private async readForm(): Promise<Form> {
    const type = this.request.headers["content-type"] ?? "";
    if (/^application\/x-www-form-urlencoded/i.test(type)) {
      return {
        fields: Object.fromEntries(new URLSearchParams((await this.bytes()).toString("utf8"))),
        files: [],
      };
    }
    if (!/^multipart\/form-data/i.test(type)) return { fields: {}, files: [] };
    const boundary = boundaryOf(type);
    if (boundary === undefined) throw refuse.badRequest();
    let parts: Part[];
    try {
      parts = await parseMultipart(this.request, boundary, keptBytes);
    } catch (error) {
      if (error instanceof MultipartError) throw refuse.badRequest();
      throw error;
    }
    const form: Form = { fields: {}, files: [] };
    for (const part of parts) {
      if (part.filename !== undefined) form.files.push(part);
      else form.fields[part.name] ??= part.content.toString("utf8");
    }
    return form;
  }

  private async bytes(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  }
}
