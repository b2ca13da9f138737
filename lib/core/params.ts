import { ValidationError } from "../errors";
import { describe } from "./describe";
import { jsonCopy, NotJson } from "./json";

/** What a parameter takes. */
type Kind =
  | "text"
  | "id"
  | "integer"
  | "number"
  | "flag"
  | "object"
  | "list"
  | "texts"
  | "textOrTexts"
  | "json"
  | "choice"
  | "file";

/** Where a parameter goes in the request; left open, the endpoint decides. */
type Place = "query" | "body" | "whole" | "merged";

/** One parameter of an endpoint: what it takes, and where it goes. */
export interface Param<Required extends boolean = boolean> {
  readonly kind: Kind;
  readonly required: Required;
  /** null means something here, and is sent. */
  readonly nullable?: boolean;
  readonly values?: readonly string[];
  /** Its name on the wire, where that is another. */
  readonly wire?: string;
  readonly place?: Place;
  readonly default?: unknown;
  /** Left out when falsy, as Python does. */
  readonly dropFalsy?: boolean;
  /** A string is the path of a file. */
  readonly pathAllowed?: boolean;
  /** May be left out only where the flag of this name is true. */
  readonly unless?: string;
}

/** The parameters of an endpoint by their names in `A`; the compiler holds the two together. */
export type Params<A> = { readonly [K in keyof A]-?: Param<undefined extends A[K] ? false : true> };

type Required = Param<true>;

/** Any string, the empty one included. */
export const text: Required = { kind: "text", required: true };
/** A string that names something: not empty. */
export const id: Required = { kind: "id", required: true };
export const integer: Required = { kind: "integer", required: true };
export const number: Required = { kind: "number", required: true };
export const flag: Required = { kind: "flag", required: true };
/** A JSON object. */
export const object: Required = { kind: "object", required: true };
/** A list of JSON values. */
export const list: Required = { kind: "list", required: true };
/** A list of strings. */
export const texts: Required = { kind: "texts", required: true };
/** A string, or a list of strings. */
export const textOrTexts: Required = { kind: "textOrTexts", required: true };
/** Any JSON value. */
export const json: Required = { kind: "json", required: true };
/** A file in any of its forms. */
export const file: Required = { kind: "file", required: true };
/** A file, or its path as a string. */
export const fileOrPath: Required = { kind: "file", required: true, pathAllowed: true };
/** One of some strings. */
export const choice = (...values: string[]): Required => ({ kind: "choice", required: true, values });

/** May be left out; `fallback` is sent then. */
export function optional(param: Param, fallback?: unknown): Param<false> {
  return { ...param, required: false, ...(fallback === undefined ? {} : { default: fallback }) };
}
/** May be left out, and is when falsy. */
export function dropped(param: Param): Param<false> {
  return { ...param, required: false, dropFalsy: true };
}
export function nullable<R extends boolean>(param: Param<R>): Param<R> {
  return { ...param, nullable: true };
}
/** May be left out where the flag `name` is true. */
export function unless(name: string, param: Param): Param<false> {
  return { ...param, required: false, unless: name };
}
/** Goes by another name on the wire. */
export function as<R extends boolean>(wire: string, param: Param<R>): Param<R> {
  return { ...param, wire };
}
/** Goes into the query, whatever the method. */
export function inQuery<R extends boolean>(param: Param<R>): Param<R> {
  return { ...param, place: "query" };
}
/** Is the whole body. */
export function whole<R extends boolean>(param: Param<R>): Param<R> {
  return { ...param, place: "whole" };
}
/** Its keys go into the body beside the others. */
export function merged<R extends boolean>(param: Param<R>): Param<R> {
  return { ...param, place: "merged" };
}

const EXPECTED: Record<Kind, string> = {
  text: "a string",
  id: "a string that is not empty",
  integer: "a whole number",
  number: "a number",
  flag: "true or false",
  object: "an object",
  list: "an array",
  texts: "an array of strings",
  textOrTexts: "a string or an array of strings",
  json: "a JSON value",
  choice: "",
  file: "a file",
};

/** What a parameter takes, in words. */
export function expected(param: Param): string {
  return param.kind === "choice"
    ? (param.values ?? []).map((value) => JSON.stringify(value)).join(" or ")
    : EXPECTED[param.kind];
}

/**
 * Checks one argument and gives what is sent for it: `undefined` where nothing is. Raises a
 * {@link ValidationError} that names the argument and what was expected. Files are looked at elsewhere.
 */
export function checkArgument(param: Param, name: string, value: unknown, operation: string): unknown {
  if (value === undefined || (value === null && !param.nullable)) {
    if (param.required) {
      const got = value === null ? ", got null" : "";
      throw new ValidationError(`${operation}: ${name} is required (${expected(param)})${got}`, {
        operation,
      });
    }
    if (value === null) return null;
    return param.default;
  }
  if (value === null || param.kind === "file") return value;
  if (param.kind === "id" && value === "" && !param.required) return undefined;
  if (!fits(param, value)) refuse(param, name, value, operation);
  const sent = sendable(name, value, operation);
  // What a toJSON made of it may be something else: a Date is an object, and becomes a string.
  if (!fits(param, sent)) refuse(param, name, value, operation);
  return param.dropFalsy && isFalsy(sent) ? undefined : sent;
}

function refuse(param: Param, name: string, value: unknown, operation: string): never {
  throw new ValidationError(`${operation}: ${name} must be ${expected(param)}, got ${shown(param, value)}`, {
    operation,
  });
}

function sendable(name: string, value: unknown, operation: string): unknown {
  try {
    return jsonCopy(value, name);
  } catch (error) {
    if (error instanceof NotJson) throw new ValidationError(`${operation}: ${error.message}`, { operation });
    throw error;
  }
}

/** As Python sees it: an object or a list of nothing is, too. */
function isFalsy(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}

function fits(param: Param, value: unknown): boolean {
  switch (param.kind) {
    case "text":
      return typeof value === "string";
    case "id":
      return typeof value === "string" && value !== "";
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "flag":
      return typeof value === "boolean";
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "list":
      return Array.isArray(value);
    case "texts":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
    case "textOrTexts":
      return typeof value === "string" || fits(texts, value);
    case "choice":
      return param.values?.includes(value as string) ?? false;
    default:
      return value !== undefined;
  }
}

function shown(param: Param, value: unknown): string {
  if (typeof value === "string") {
    if (value === "") return "an empty string";
    return param.kind === "choice" ? JSON.stringify(value.slice(0, 40)) : "a string";
  }
  if (param.kind === "texts" && Array.isArray(value)) {
    const at = value.findIndex((item) => typeof item !== "string");
    return `${describe(value[at])} at [${at}]`;
  }
  return describe(value);
}
