import { canonical, type Essence, type PythonMethod } from "./recorder-python";

/** What stands in one rule of `python-surface.json`, such as `limit = page_size (not_none)`. */
interface Rule {
  wire: string;
  /** The argument whose value it is; null for a constant. */
  argument: string | null;
  constant?: unknown;
  condition: "always" | "truthy" | "not_none";
  /** The argument's keys, instead of the argument. */
  merged?: boolean;
}

type Arguments = Record<string, unknown>;

/**
 * What a method must send for its arguments: Python's request by the rules of the surface, with the differences that
 * the design allows. Null where it must refuse them. Files are not looked at; `knowledgeBase` is the client's own.
 */
export function requestFor(method: PythonMethod, args: Arguments, knowledgeBase: string): Essence | null {
  if (refused(method, args)) return null;
  const [verb, route] = method.http.split(" ") as [string, string];
  const value = (name: string) =>
    name === "client.dataset_id" ? knowledgeBase : argumentOf(method, args, name);
  const segments = route.split("/").map((segment) => {
    const [, name] = /^\{(.+)\}$/.exec(segment) ?? [];
    if (!name) return segment;
    const names = name.split("|");
    const given = names.map((n) => (n === "self.dataset_id" ? knowledgeBase : value(n)));
    return String(given.find((v) => v !== null && v !== undefined && v !== ""));
  });
  const query = (method.query ?? []).map(parseRule).flatMap((rule) => {
    if (!rule.argument) return [];
    const given = value(rule.argument);
    if (!isSent(rule, given) || given === null) return [];
    const items = Array.isArray(given) ? given : [given];
    return items.map((item): [string, string] => [rule.wire, String(item)]);
  });
  const body = bodyOf(method, value);
  return {
    method: verb,
    path: canonical(`/v1${segments.join("/")}`),
    depth: `/v1${route}`.split("/").length,
    query: query.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    contentType: method.parts ? "multipart/form-data" : body === undefined ? null : "application/json",
    ...(method.parts || body === undefined ? {} : { json: body }),
  };
}

/** The fields of a form that are no files, as the rules have them. */
export function formFieldsFor(method: PythonMethod, args: Arguments): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const part of method.parts ?? []) {
    const [, inner] = /^data = JSON of \{ (.*) \}$/.exec(part) ?? [];
    if (inner !== undefined) {
      const rules = inner.split(/, (?=\w+ = |…)/).map(parseRule);
      fields.data = objectOf(rules, (name) => argumentOf(method, args, name));
    } else if (!part.startsWith("file part"))
      Object.assign(
        fields,
        objectOf([parseRule(part)], (n) => args[n]),
      );
  }
  return fields;
}

function bodyOf({ body }: PythonMethod, value: (name: string) => unknown): unknown {
  if (body === undefined) return undefined;
  if (typeof body !== "string") return objectOf(body.map(parseRule), value);
  const [, name] = /^the whole body = (\w+)$/.exec(body) ?? [];
  if (!name) throw new Error(`what is ${body}?`);
  return value(name) ?? {};
}

function objectOf(rules: Rule[], value: (name: string) => unknown): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const rule of rules) {
    if (rule.argument === null) {
      object[rule.wire] = rule.constant;
      continue;
    }
    const given = value(rule.argument);
    if (rule.merged) Object.assign(object, given);
    else if (isSent(rule, given)) object[rule.wire] = given;
  }
  return object;
}

/** Where Python sends nothing, null stays in a body when the caller wrote it; a query drops it elsewhere. */
function isSent({ argument, condition }: Rule, given: unknown): boolean {
  if (given === undefined) return false;
  if (given === null) return true;
  if (given === "" && isIdName(argument as string)) return false;
  return condition !== "truthy" || isTruthy(given);
}

/** What was given; else Python's default, where that is something. */
function argumentOf({ python, params }: PythonMethod, args: Arguments, name: string): unknown {
  if (args[name] !== undefined) return args[name];
  const fallback = params.find((param) => param.name === name)?.default;
  if (fallback === "required") return OPTIONAL[`${python}.${name}`];
  return fallback ?? undefined;
}

function parseRule(text: string): Rule {
  const [, spread] = /^…(\S+) \(its keys, merged\)$/.exec(text) ?? [];
  if (spread) return { wire: "", argument: spread, condition: "always", merged: true };
  const match = /^(\w+) = (.*?)(?: \((truthy|not_none)\))?$/.exec(text);
  if (!match) throw new Error(`what is ${text}?`);
  const [, wire, source, condition = "always"] = match as unknown as [
    string,
    string,
    string,
    Rule["condition"]?,
  ];
  if (/^["{]/.test(source)) return { wire, argument: null, constant: JSON.parse(source), condition };
  return { wire, argument: source, condition };
}

const isIdName = (name: string) => name.endsWith("_id");
const isTruthy = (value: unknown) =>
  Boolean(value) && (typeof value !== "object" || Object.keys(value as object).length > 0);

const CHOICES: Record<string, string[] | undefined> = {
  response_mode: ["blocking", "streaming"],
  rating: ["like", "dislike"],
  indexing_technique: ["high_quality", "economy"],
};

// Required by Python; not by the server, nor in Python's own README. With what stands in for them.
const OPTIONAL: Record<string, unknown> = {
  "create_completion_message.response_mode": "blocking",
  "rename_conversation.auto_generate": undefined,
};

/** Whether the rules for bad input refuse the arguments. */
function refused({ python, params, http }: PythonMethod, args: Arguments): boolean {
  return params.some(({ name, type, default: fallback }) => {
    const required = fallback === "required" && !(`${python}.${name}` in OPTIONAL);
    const value = args[name];
    if (value === undefined) return required;
    if (value === null) return required && name !== "rating" && name !== "value";
    const inPath = isInPath(http, name);
    if (value === "" && required && (isIdName(name) || inPath)) return true;
    if (inPath && (value === "." || value === "..")) return true;
    const choices = name === "action" ? actionsOf(http) : CHOICES[name];
    if (choices) return !choices.includes(value as string);
    // The API takes several.
    if (python === "query_segments" && name === "status")
      return !isOfType("str", value) && !isOfType("List[str]", value);
    return !isOfType(typeOf(name, type), value);
  });
}

export const isInPath = (http: string, name: string) =>
  http.includes(`{${name}}`) || http.includes(`{${name}|`);

function typeOf(name: string, type: string | null): string {
  // What Python's annotation calls a dict must be a list; a form's `files` is not looked at here.
  if (name === "files") return type === "dict" ? "Any" : "list";
  return type ?? "str";
}

function actionsOf(http: string): string[] {
  const more = http.includes("/status/{action}") ? ["archive", "un_archive"] : [];
  return ["enable", "disable", ...more];
}

function isOfType(type: string, value: unknown): boolean {
  const plain = type.replace(" | None", "");
  if (/^(str|Literal)/.test(plain)) return typeof value === "string";
  if (plain === "int") return Number.isInteger(value);
  if (plain === "float") return typeof value === "number";
  if (plain === "bool") return typeof value === "boolean";
  if (plain === "List[str]") return Array.isArray(value) && value.every((item) => typeof item === "string");
  if (/^list/i.test(plain)) return Array.isArray(value);
  if (/^dict/i.test(plain)) return typeof value === "object" && !Array.isArray(value);
  return true;
}
