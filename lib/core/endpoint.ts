import { ValidationError } from "../errors";
import { describe as described } from "./describe";
import { filePart, hasControls } from "./files";
import { jsonCopy, NotJson } from "./json";
import type { Mode } from "./mode";
import { nearest } from "./nearest";
import { CALL_OPTIONS, type RequestOptions } from "./options";
import { checkArgument, type Param, type Params } from "./params";
import { fillPath, type PathTemplate, parseRoute, queryString } from "./path";
import type { AnswerKind, HttpMethod, Part, RequestDescription } from "./request";
import { type CallSettings, type ClientSettings, resolveRequestOptions } from "./settings";

/** What is special about an endpoint. */
interface Special {
  /** What comes back. `"mode"`: a stream where `response_mode` is `"streaming"`. Default `"body"`. */
  answer?: AnswerKind | "mode";
  /** A generation: while it blocks, nothing comes for minutes. */
  slow?: boolean;
  /** The arguments that are no files go into one form field of this name, as JSON. */
  formData?: string;
  /** A body field that carries the client's `datasetId`. */
  datasetField?: string;
  /** Body fields that Python sends unasked; what the caller gives wins. */
  constants?: Readonly<Record<string, unknown>>;
  /** Names that a caller may take for one of the parameters: the error names the right one. */
  aliases?: Readonly<Record<string, string>>;
  /** The bodies hold credentials. */
  secret?: boolean;
  /** No Dify serves it: it is there so that a port compiles and behaves the same. */
  notServed?: boolean;
}

/** A parameter, and where in the request it goes. */
interface Slot {
  readonly name: string;
  readonly param: Param;
  /** Its name on the wire. */
  readonly wire: string;
  readonly place: "path" | "file" | "query" | "body" | "whole" | "merged";
}

/** An operation of the API: route, parameters, and how they become a request. Each exists once. */
export interface Endpoint extends Special {
  /** The method's name, the same in both families. */
  readonly operation: string;
  readonly method: HttpMethod;
  readonly template: PathTemplate;
  readonly params: ReadonlyMap<string, Param>;
  /** The same parameters, in order. */
  readonly slots: readonly Slot[];
  /** Whether there is a body even when nothing is given for it. */
  readonly hasBody: boolean;
}

/** Describes an operation. `A` ties the parameters to the type of the method's arguments. */
export function endpoint<A>(
  operation: string,
  route: `${HttpMethod} /${string}`,
  params: Params<A>,
  special: Special = {},
): Endpoint {
  const [method, path] = route.split(" ") as [HttpMethod, string];
  const template = parseRoute(path);
  const byName = new Map(Object.entries<Param>(params));
  const slots = [...byName].map(([name, param]): Slot => {
    let place: Slot["place"] = param.place ?? (method === "GET" ? "query" : "body");
    if (param.kind === "file") place = "file";
    if (template.names.includes(name)) place = "path";
    return { name, param, wire: param.wire ?? name, place };
  });
  const hasBody = method !== "GET" && slots.some(({ place }) => place !== "path" && place !== "query");
  return { operation, method, template, params: byName, slots, hasBody, ...special };
}

/** What of a client an endpoint needs. */
export interface Caller {
  readonly mode: Mode;
  readonly settings: ClientSettings;
  /** The knowledge base of a knowledge base client. */
  readonly datasetId: string | null | undefined;
}

/** Checks arguments and options and makes the request of them. Sends nothing. */
export function describeRequest(
  endpoint: Endpoint,
  args: unknown,
  options: RequestOptions<Mode> | undefined,
  caller: Caller,
): RequestDescription {
  const { operation } = endpoint;
  if (typeof args === "string" || typeof options === "string") {
    // Python's positional call, carried over.
    const what =
      typeof args === "string" ? "the arguments must be one object" : "the options must be an object";
    throw new ValidationError(`${operation}: ${what}, got a string; call ${exampleCall(endpoint)}`, {
      operation,
    });
  }
  const values = checkArguments(endpoint, args);
  const streaming = endpoint.answer === "mode" && argument(endpoint, "response_mode", values) === "streaming";
  const slow = endpoint.slow === true && !streaming;
  const call = options && callSettings(options, slow, caller, operation);
  const segment = (name: string) => pathValue(endpoint, name, values, caller);
  const path = fillPath(endpoint.template, segment, operation);
  const placed = place(endpoint, values, caller);
  addExtras(placed, call, operation);
  return {
    operation,
    method: endpoint.method,
    path: path + queryString(placed.query),
    json: placed.body === undefined ? undefined : JSON.stringify(placed.body),
    parts: placed.form ? formParts(endpoint, placed, caller) : undefined,
    answer: streaming ? "stream" : endpoint.answer === "mode" ? "body" : (endpoint.answer ?? "body"),
    limits: call?.limits ?? (slow ? caller.settings.slowLimits : caller.settings.limits),
    headers: call?.headers,
    raiseErrors: call?.raiseErrors ?? caller.settings.raiseErrors,
    secret: endpoint.secret === true,
    signal: call?.signal,
  };
}

function callSettings(
  options: RequestOptions<Mode>,
  slow: boolean,
  caller: Caller,
  operation: string,
): CallSettings {
  try {
    return resolveRequestOptions(options, caller.settings, slow, caller.mode, operation);
  } catch (error) {
    // The checks that a client's own options share know of no operation.
    if (!(error instanceof ValidationError) || error.operation) throw error;
    throw new ValidationError(error.message, { operation, cause: error.cause });
  }
}

/** What is sent for each parameter, in the order of the slots; `undefined` where nothing is. */
function checkArguments(endpoint: Endpoint, args: unknown): unknown[] {
  const { operation, params, slots } = endpoint;
  const given = (args ?? {}) as Record<string, unknown>;
  if (typeof given !== "object" || Array.isArray(given)) {
    throw new ValidationError(`${operation}: the arguments must be one object, got ${described(args)}`, {
      operation,
    });
  }
  for (const name in given) if (!params.has(name) && Object.hasOwn(given, name)) refuseName(endpoint, name);
  const values: unknown[] = [];
  for (const { name, param } of slots) values.push(checkArgument(param, name, given[name], operation));
  for (let i = 0; i < slots.length; i++) {
    const { name, param } = slots[i] as Slot;
    const { unless } = param;
    if (unless && (values[i] ?? null) === null && argument(endpoint, unless, values) !== true) {
      throw new ValidationError(`${operation}: ${name} is required unless ${unless} is true`, { operation });
    }
  }
  return values;
}

function argument({ slots }: Endpoint, name: string, values: readonly unknown[]): unknown {
  return values[slots.findIndex((slot) => slot.name === name)];
}

/** A call with the required arguments, for messages. */
function exampleCall({ operation, params }: Endpoint): string {
  const names = [...params].filter(([, param]) => param.required).map(([name]) => name);
  return names.length > 0 ? `${operation}({ ${names.join(", ")} })` : `${operation}()`;
}

function refuseName(endpoint: Endpoint, name: string): never {
  const { operation, params, aliases } = endpoint;
  const alias = aliases && Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  let hint = "";
  if (alias) hint = `; it is called "${alias}" here`;
  else if (CALL_OPTIONS.includes(name)) hint = "; it is a per-call option: pass it in the second object";
  else {
    const near = nearest(name, [...params.keys()]);
    if (near) hint = `; did you mean "${near}"?`;
    else if (params.size === 0) hint = "; it takes none";
  }
  throw new ValidationError(`${operation}: unknown argument ${JSON.stringify(name.slice(0, 100))}${hint}`, {
    operation,
  });
}

function pathValue(endpoint: Endpoint, name: string, values: readonly unknown[], caller: Caller): string {
  const value =
    argument(endpoint, name, values) ?? (name === "dataset_id" ? datasetId(endpoint, caller) : undefined);
  return value as string;
}

function datasetId(endpoint: Endpoint, caller: Caller): string {
  const { operation } = endpoint;
  const value: unknown = caller.datasetId;
  if (typeof value !== "string" || value === "") {
    const got = value === undefined || value === null || value === "" ? "" : `, got ${described(value)}`;
    throw new ValidationError(
      `${operation}: this client has no dataset id: pass datasetId to its constructor or set client.datasetId to a string${got}`,
      { operation },
    );
  }
  return value;
}

/** The arguments, each at its place in the request. */
interface Placed {
  readonly query: [string, unknown][];
  body: unknown;
  /** Body fields, until it is known whether they make a JSON object or a form. */
  readonly fields: Record<string, unknown>;
  readonly files: [name: string, param: Param, value: unknown][];
  form: boolean;
}

function place(endpoint: Endpoint, values: readonly unknown[], caller: Caller): Placed {
  const placed: Placed = { query: [], body: undefined, fields: {}, files: [], form: false };
  const { slots, constants, datasetField } = endpoint;
  if (constants) Object.assign(placed.fields, constants);
  for (let i = 0; i < slots.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    const { name, param, wire, place } = slots[i] as Slot;
    if (place === "body") placed.fields[wire] = value;
    else if (place === "query") placed.query.push([wire, value]);
    else if (place === "file") placed.files.push([name, param, value]);
    else if (place === "whole") placed.body = value ?? undefined;
    else if (place === "merged") Object.assign(placed.fields, value);
  }
  if (datasetField) placed.fields[datasetField] ??= datasetId(endpoint, caller);
  placed.form = placed.files.length > 0;
  // An object of no fields is a body where the operation has body parameters at all.
  const hasBody = endpoint.hasBody || Object.keys(placed.fields).length > 0;
  if (placed.body === undefined && !placed.form && hasBody) placed.body = placed.fields;
  return placed;
}

function addExtras(placed: Placed, call: CallSettings | undefined, operation: string): void {
  if (!call) return;
  try {
    const query = jsonCopy(call.extraQuery ?? {}, "extraQuery") as Record<string, unknown>;
    for (const [name, value] of Object.entries(query)) {
      const items = Array.isArray(value) ? value : [value];
      if (items.some((item) => typeof item === "object" && item !== null))
        throw new NotJson("holds an object, which a query cannot carry", `extraQuery.${name}`);
      placed.query.push([name, value]);
    }
    if (!call.extraBody) return;
    const extra = jsonCopy(call.extraBody, "extraBody") as Record<string, unknown>;
    if (placed.form) Object.assign(placed.fields, extra);
    else placed.body = { ...((placed.body as object) ?? {}), ...extra };
  } catch (error) {
    if (error instanceof NotJson)
      throw new ValidationError(`${operation}: option ${error.message}`, { operation });
    throw error;
  }
}

function formParts(endpoint: Endpoint, placed: Placed, caller: Caller): Part[] {
  const { operation, formData } = endpoint;
  const parts: Part[] = [];
  if (formData) parts.push({ name: formData, value: JSON.stringify(placed.fields) });
  else {
    for (const [name, value] of Object.entries(placed.fields)) {
      if (value === null || value === undefined) continue;
      if (hasControls(name)) {
        throw new ValidationError(
          `${operation}: option extraBody has a field name with a control character`,
          {
            operation,
          },
        );
      }
      parts.push({ name, value: typeof value === "object" ? JSON.stringify(value) : String(value) });
    }
  }
  for (const [name, param, value] of placed.files) {
    const context = { operation, mode: caller.mode, pathAllowed: param.pathAllowed === true };
    if (param.wire === "*") parts.push(...fileMapParts(name, value, context));
    else parts.push(filePart(param.wire ?? "file", value, { ...context, argument: name }));
  }
  return parts;
}

/** Python's `files={"file": ...}`: parts named by the keys. */
function fileMapParts(
  argument: string,
  value: unknown,
  context: { operation: string; mode: Mode; pathAllowed: boolean },
): Part[] {
  const { operation } = context;
  const keys = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  if (keys.length !== 1 || keys[0] !== "file") {
    throw new ValidationError(
      `${operation}: ${argument} must be { file: ... } with nothing else, got ${described(value)}`,
      {
        operation,
      },
    );
  }
  return [filePart("file", (value as { file: unknown }).file, { ...context, argument: `${argument}.file` })];
}
