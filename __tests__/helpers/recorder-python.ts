import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { RecordedPart, RecordedRequest } from "./recorder";

/** A method of the Python SDK, as `python-surface.json` describes it. */
export interface PythonMethod {
  python: string;
  name: string;
  params: { name: string; type: string | null; default: unknown }[];
  http: string;
  query?: string[];
  body?: string | string[];
  parts?: string[];
  body_kind?: string;
  served: string;
}

/** A call of the Python SDK and what it put on the wire, as `python-requests.json` has it. */
export interface PythonCall {
  class: string;
  method: string;
  case: string;
  args: unknown[];
  kwargs: Record<string, unknown>;
  client?: { dataset_id: string };
  request: {
    method: string;
    path_decoded?: string;
    path: string;
    query: [string, string][];
    body_kind: "none" | "json" | "multipart";
    body: unknown;
  };
}

interface PythonPart {
  name: string;
  filename: string | null;
  content_type: string | null;
  text?: string;
  json?: unknown;
  bytes_base64?: string;
}

const fixtures = path.join(__dirname, "..", "fixtures");
const read = (name: string) => JSON.parse(readFileSync(path.join(fixtures, name), "utf8"));
const surface = read("python-surface.json") as {
  classes: Record<string, { async_twin: string; bases: string[]; methods: PythonMethod[] }>;
  exceptions: Record<string, { base: string; fields: string[] }>;
  models: Record<string, object>;
};
const requests = read("python-requests.json") as {
  cases: PythonCall[];
  fixtures_base64: Record<string, string>;
};

export const CLASSES = surface.classes;
export const EXCEPTIONS = surface.exceptions;
export const MODELS = surface.models;
export const CALLS = requests.cases;

/** A method of a class or of the class it extends. */
export function methodOf(className: string, python: string): PythonMethod {
  for (const owner of [className, "DifyClient"]) {
    const found = CLASSES[owner]?.methods.find((method) => method.python === python);
    if (found) return found;
  }
  throw new Error(`${className} has no ${python}`);
}

/** The files that the calls name, in a folder of their own. */
export class FixtureFiles {
  readonly folder = mkdtempSync(path.join(tmpdir(), "dify-dual-wire-"));

  constructor() {
    for (const [name, content] of Object.entries(requests.fixtures_base64))
      writeFileSync(this.path(name), Buffer.from(content, "base64"));
  }

  path(name: string): string {
    return path.join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Python's arguments, positional and by keyword, as the one object that our methods take. */
export function translate(call: PythonCall, files: FixtureFiles): Record<string, unknown> {
  const names = methodOf(call.class, call.method).params.map((param) => param.name);
  const positional = call.args.map((value, i) => [names[i], value] as const);
  const given = [...positional, ...Object.entries(call.kwargs)];
  return Object.fromEntries(given.map(([name, value]) => [name, translateValue(value, files)]));
}

function translateValue(value: unknown, files: FixtureFiles): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => translateValue(item, files));
  const [[key, content] = []] = Object.entries(value);
  switch (key) {
    case "$tuple":
      return translateValue(content, files);
    case "$bytes_base64":
      return Buffer.from(content, "base64");
    case "$file_path":
      return files.path(content);
    default:
      if (key?.startsWith("$")) throw new Error(`no translation for ${key}`);
      return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, translateValue(v, files)]));
  }
}

/** What of a request both sides must agree on. */
export interface Essence {
  method: string;
  /** Decoded. */
  path: string;
  /** How many `/` stand in it before it is decoded: an id with one in it must stay one segment. */
  depth: number;
  query: [string, string][];
  contentType: string | null;
  json?: unknown;
  parts?: { name: string; filename: string | null; contentType: string | null; content: unknown }[];
}

/** A recorded request, reduced to that. */
export function essence(record: RecordedRequest): Essence {
  const type = record.headers["content-type"] ?? null;
  return {
    method: record.method,
    path: decodeURIComponent(record.path),
    depth: record.path.split("/").length,
    query: sorted(record.query),
    contentType: record.kind === "none" ? null : (type?.split(";")[0] ?? null),
    ...(record.kind === "json" ? { json: record.json } : {}),
    ...(record.parts ? { parts: record.parts.map(partEssence) } : {}),
  };
}

function partEssence(part: RecordedPart) {
  if (part.fault) throw new Error(part.fault);
  const content = part.base64 ?? part.sha256;
  return {
    name: part.name,
    filename: part.filename,
    contentType: part.contentType,
    content: part.name === "data" ? JSON.parse(Buffer.from(content, "base64").toString()) : content,
  };
}

/**
 * What Python sent, with the differences that the design allows: an argument left out or null is not sent where
 * Python sends `null` or `key=` for it, ids are encoded, canonical routes stand for the deprecated aliases.
 */
export function expectedOf(call: PythonCall, args: Record<string, unknown>): Essence {
  const { request } = call;
  const { http, params } = methodOf(call.class, call.method);
  const notGiven = (name: string) => params.some((param) => param.name === name) && args[name] === undefined;
  const given = request.query.filter(
    ([name, value]) => value !== "" || !(notGiven(name) || args[name] === null),
  );
  const path = canonical(request.path_decoded ?? decodeURIComponent(request.path));
  const contentType = { none: null, json: "application/json", multipart: "multipart/form-data" };
  return {
    method: request.method,
    path,
    depth: `/v1${http.split(" ")[1]}`.split("/").length,
    query: sorted(given),
    contentType: contentType[request.body_kind],
    ...(request.body_kind === "json" ? { json: withoutUnasked(request.body as object, notGiven) } : {}),
    ...(request.body_kind === "multipart"
      ? { parts: (request.body as { parts: PythonPart[] }).parts.map(pythonPart) }
      : {}),
  };
}

export function canonical(route: string): string {
  return route.replace(/\/(create|update)_by_(text|file)$/, "/$1-by-$2");
}

function withoutUnasked(body: object, notGiven: (name: string) => boolean): object {
  return Object.fromEntries(
    Object.entries(body).filter(([name, value]) => value !== null || !notGiven(name)),
  );
}

function pythonPart({ name, filename, content_type, text, json, bytes_base64 }: PythonPart) {
  const content = json ?? bytes_base64 ?? Buffer.from(text ?? "").toString("base64");
  return { name, filename, contentType: content_type, content };
}

// By name; several of one name keep their order.
function sorted(query: readonly [string, string][]): [string, string][] {
  return [...query].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
