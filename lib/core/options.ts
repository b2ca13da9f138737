import type { Dispatcher } from "undici";
import { ValidationError } from "../errors";
import type { Mode } from "./mode";
import { nearest } from "./nearest";
import type { Limits, LogRecord, ProxySettings } from "./request";

/** Where log lines go: `console` fits, and most logging libraries do. */
export interface Logger {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** Takes one log record. */
export type LogSink = (record: LogRecord) => void;

interface CommonClientOptions {
  /** Where Dify is, with its `/v1`. Default: `DIFY_BASE_URL`, then Dify's cloud. */
  baseUrl?: string | undefined;
  /**
   * Milliseconds without a byte after which a call gives up. Default 60,000, and 600,000 for a blocking generation
   * (a model thinking sends nothing). `Infinity` is no limit. Python's `timeout` is in seconds.
   */
  timeout?: number | undefined;
  /** Milliseconds to make a connection. Default 5,000. */
  connectTimeout?: number | undefined;
  /** Milliseconds for a call as a whole, all attempts and a stream's events included. Default: no limit. */
  deadline?: number | undefined;
  /** How often a failed request is sent again, where that is safe. Default 3. */
  maxRetries?: number | undefined;
  /** Milliseconds before the first retry, doubling up to 30,000, of which a random part is waited. Default 1,000. */
  retryDelay?: number | undefined;
  /** The longest `Retry-After`, in milliseconds, that is waited for. Default 60,000. */
  maxRetryAfter?: number | undefined;
  /** Retries a POST after a network failure too, as Python does; the server may then do it twice. Default false. */
  retryUnsafe?: boolean | undefined;
  /** Writes log lines to `console`. Default false. */
  enableLogging?: boolean | undefined;
  /** Gets the log lines instead of `console`. */
  logger?: Logger | undefined;
  /** Headers for every request. */
  headers?: Record<string, string> | undefined;
  /** URL of a proxy. Default: `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`; `null` uses none. */
  proxy?: string | null | undefined;
  /** Whether a failing status raises. Default true; with false, look at `statusCode` or call `raiseForStatus()`. */
  raiseErrors?: boolean | undefined;
}

/** What only the async family has. */
export interface AsyncOnlyOptions {
  /** A dispatcher of undici's to send with, instead of a pool of the client's own. It is not closed with the client. */
  dispatcher?: Dispatcher | undefined;
}

/** What only the blocking family has. */
export interface SyncOnlyOptions {
  /** What carries the calls: a worker thread (default), or a child process (where worker threads are denied). */
  bridge?: "worker" | "process" | undefined;
}

/** The options of a client of the family `M`. */
export type ClientOptions<M extends Mode> = CommonClientOptions &
  (M extends "sync" ? SyncOnlyOptions & { dispatcher?: never } : AsyncOnlyOptions & { bridge?: never });

/** The options of a knowledge base client: those of a client, and the knowledge base. */
export type KnowledgeBaseOptions<M extends Mode> = ClientOptions<M> & {
  /** The id of the knowledge base that the methods work on. */
  datasetId?: string | null | undefined;
};

interface CommonRequestOptions {
  /** Milliseconds without a byte after which the call gives up. */
  timeout?: number | undefined;
  /** Milliseconds for the call as a whole. */
  deadline?: number | undefined;
  /** How often the request is sent again, where that is safe. */
  maxRetries?: number | undefined;
  /** Headers for this call. */
  headers?: Record<string, string> | undefined;
  /** Whether a failing status raises. */
  raiseErrors?: boolean | undefined;
  /** Fields for the JSON body or the form, beyond the arguments: for what a newer server takes. */
  extraBody?: Record<string, unknown> | undefined;
  /** Fields for the query, beyond the arguments. */
  extraQuery?: Record<string, unknown> | undefined;
}

/** The options of one call in the family `M`. */
export type RequestOptions<M extends Mode> = CommonRequestOptions &
  (M extends "sync"
    ? { signal?: never }
    : { /** Aborts the call; it rejects with `signal.reason`. */ signal?: AbortSignal | undefined });

export const CLIENT_OPTIONS = [
  "baseUrl",
  "timeout",
  "connectTimeout",
  "deadline",
  "maxRetries",
  "retryDelay",
  "maxRetryAfter",
  "retryUnsafe",
  "enableLogging",
  "logger",
  "headers",
  "proxy",
  "raiseErrors",
] as const;
const FAMILY_OPTION = { async: "dispatcher", sync: "bridge" } as const;
const CALL_OPTIONS = [
  "timeout",
  "deadline",
  "maxRetries",
  "headers",
  "raiseErrors",
  "extraBody",
  "extraQuery",
  "signal",
];

/** The names of the per-call options: an argument of such a name is refused with a hint. */
export const REQUEST_OPTION_NAMES: ReadonlySet<string> = new Set(CALL_OPTIONS);

const DEFAULT_BASE_URL = "https://api.dify.ai/v1";
const SLOW_TIMEOUT = 600_000;

/** Client options, checked and complete. */
export interface ClientSettings {
  readonly limits: Limits;
  /** The limits of a blocking generation. */
  readonly slowLimits: Limits;
  readonly raiseErrors: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly proxy: ProxySettings | null;
  readonly log: LogSink | null;
}

function fail(message: string, operation?: string): never {
  throw new ValidationError(message, { operation });
}

/** Refuses keys that are no options, the other family's among them. */
export function checkClientOptionNames(options: object, mode: Mode, more: readonly string[]): void {
  const known: readonly string[] = [...CLIENT_OPTIONS, FAMILY_OPTION[mode], ...more];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    if (name === FAMILY_OPTION[mode === "sync" ? "async" : "sync"]) {
      fail(`option "${name}" belongs to the ${mode === "sync" ? "async" : "blocking"} clients`);
    }
    const hint = nearest(name, known);
    fail(`unknown option ${JSON.stringify(name)}${hint ? `; did you mean "${hint}"?` : ""}`);
  }
}

/** Checks the options of a client and fills in the defaults. */
export function resolveClientOptions(
  options: ClientOptions<"async"> | ClientOptions<"sync">,
): ClientSettings {
  const given = options as CommonClientOptions;
  const timeout = milliseconds("timeout", given.timeout);
  const limits: Limits = {
    timeout: timeout ?? 60_000,
    connectTimeout: milliseconds("connectTimeout", given.connectTimeout) ?? 5_000,
    deadline: milliseconds("deadline", given.deadline) ?? Number.POSITIVE_INFINITY,
    maxRetries: count("maxRetries", given.maxRetries) ?? 3,
    retryDelay: milliseconds("retryDelay", given.retryDelay, 0) ?? 1_000,
    maxRetryAfter: milliseconds("maxRetryAfter", given.maxRetryAfter, 0) ?? 60_000,
    retryUnsafe: flag("retryUnsafe", given.retryUnsafe) ?? false,
  };
  return {
    limits,
    slowLimits: { ...limits, timeout: timeout ?? SLOW_TIMEOUT },
    raiseErrors: flag("raiseErrors", given.raiseErrors) ?? true,
    headers: headerFields("headers", given.headers),
    proxy: proxySettings(given.proxy),
    log: logSink(flag("enableLogging", given.enableLogging) ?? false, given.logger),
  };
}

/** The options of a call, checked. */
export interface CallSettings {
  readonly limits: Limits;
  readonly raiseErrors: boolean;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly extraBody: Record<string, unknown> | undefined;
  readonly extraQuery: Record<string, unknown> | undefined;
}

/** Checks the options of one call and puts them over the client's. */
export function resolveRequestOptions(
  options: RequestOptions<Mode>,
  client: ClientSettings,
  slow: boolean,
  mode: Mode,
  operation: string,
): CallSettings {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    fail(`${operation}: the options must be an object, got ${describe(options)}`, operation);
  }
  const given = options as CommonRequestOptions & { signal?: AbortSignal };
  for (const name of Object.keys(given)) {
    if (!CALL_OPTIONS.includes(name)) {
      const hint = nearest(name, CALL_OPTIONS);
      fail(
        `${operation}: unknown option ${JSON.stringify(name)}${hint ? `; did you mean "${hint}"?` : ""}`,
        operation,
      );
    }
  }
  const at = (name: string) => `${operation}: option ${name}`;
  const { signal } = given;
  if (signal !== undefined) {
    if (mode === "sync") {
      fail(`${at("signal")} has no meaning in a blocking call; pass timeout or deadline`, operation);
    }
    if (typeof signal !== "object" || signal === null || typeof signal.addEventListener !== "function") {
      fail(`${at("signal")} must be an AbortSignal, got ${describe(signal)}`, operation);
    }
  }
  const base = slow ? client.slowLimits : client.limits;
  return {
    limits: {
      ...base,
      timeout: milliseconds(at("timeout"), given.timeout) ?? base.timeout,
      deadline: milliseconds(at("deadline"), given.deadline) ?? base.deadline,
      maxRetries: count(at("maxRetries"), given.maxRetries) ?? base.maxRetries,
    },
    raiseErrors: flag(at("raiseErrors"), given.raiseErrors) ?? client.raiseErrors,
    headers: given.headers === undefined ? undefined : headerFields(at("headers"), given.headers),
    signal,
    extraBody: plainObject(at("extraBody"), given.extraBody),
    extraQuery: plainObject(at("extraQuery"), given.extraQuery),
  };
}

/** The base URL, checked and taken apart. */
export function resolveBaseUrl(given: string | undefined): {
  baseUrl: string;
  origin: string;
  basePath: string;
} {
  const text = given ?? (process.env.DIFY_BASE_URL || DEFAULT_BASE_URL);
  const name = given === undefined && process.env.DIFY_BASE_URL ? "DIFY_BASE_URL" : "baseUrl";
  if (typeof text !== "string") fail(`${name} must be a URL as a string, got ${describe(text)}`);
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    fail(`${name} must be a URL such as ${DEFAULT_BASE_URL}${got(text)}`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    fail(`${name} must begin with https:// or http://${got(text)}`);
  }
  if (url.username || url.password) fail(`${name} must not hold a user name or a password`);
  if (url.search || url.hash) fail(`${name} must not have a query or a fragment`);
  let end = url.pathname.length;
  while (url.pathname[end - 1] === "/") end--;
  const basePath = url.pathname.slice(0, end);
  return { baseUrl: url.origin + basePath, origin: url.origin, basePath };
}

/** What was passed for a URL; not shown where it may hold a password or a key. */
function got(text: string): string {
  return /[@?#]|\b(app|dataset)-/.test(text) ? "" : `, got ${JSON.stringify(text)}`;
}

/** The key, from the argument or the environment, checked. */
export function resolveApiKey(given: string | null | undefined, variables: readonly string[]): string {
  let key: unknown = given;
  let name = "apiKey";
  if (key === undefined || key === null) {
    for (const variable of variables) {
      if (process.env[variable]) {
        key = process.env[variable];
        name = variable;
        break;
      }
    }
    if (key === undefined || key === null)
      fail(`apiKey is required: pass it, or set ${variables.join(" or ")}`);
  }
  if (typeof key !== "string") fail(`${name} must be a string, got ${describe(key)}`);
  if (key.trim() === "") fail(`${name} must not be empty`);
  if (/^https?:\/\//i.test(key))
    fail(`${name} must be a key, got a URL: the key comes first, then the base URL`);
  // The key itself is never shown.
  if (!/^[\x21-\x7e]+$/.test(key))
    fail(`${name} must not hold spaces, line breaks or other than ASCII characters`);
  return key;
}

/** A short name of what somebody passed, without its contents. */
export function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object") {
    const name = Object.getPrototypeOf(value)?.constructor?.name;
    return typeof name === "string" && name !== "Object" && name !== "" ? `a ${name}` : "an object";
  }
  if (value === undefined) return "undefined";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return `a ${typeof value}`;
}

function milliseconds(name: string, value: unknown, least = Number.MIN_VALUE): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !(value >= least)) {
    const range = least === 0 ? "not negative" : "above 0";
    fail(`${name} must be milliseconds as a number ${range}, or Infinity, got ${describe(value)}`);
  }
  return value;
}

function count(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (
    typeof value !== "number" ||
    !(value >= 0) ||
    (!Number.isInteger(value) && value !== Number.POSITIVE_INFINITY)
  ) {
    fail(`${name} must be a whole number not below 0, got ${describe(value)}`);
  }
  return value;
}

function flag(name: string, value: unknown): boolean | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "boolean") fail(`${name} must be true or false, got ${describe(value)}`);
  return value;
}

function plainObject(name: string, value: unknown): Record<string, unknown> | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail(`${name} must be an object, got ${describe(value)}`);
  }
  return value as Record<string, unknown>;
}

// The library writes these itself; one from outside would break the request or leak where the key goes.
const OWN_HEADERS = [
  "authorization",
  "content-length",
  "content-type",
  "host",
  "connection",
  "keep-alive",
  "upgrade",
  "expect",
  "transfer-encoding",
];

function headerFields(name: string, value: unknown): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [header, content] of Object.entries(plainObject(name, value) ?? {})) {
    const lower = header.toLowerCase();
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header)) fail(`${name}: ${JSON.stringify(header)} is no header name`);
    if (OWN_HEADERS.includes(lower)) fail(`${name}: "${lower}" is set by the library`);
    if (typeof content !== "string") fail(`${name}: "${lower}" must be a string, got ${describe(content)}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be in a header
    if (/[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/.test(content)) {
      fail(`${name}: "${lower}" holds a line break, a control character or a character beyond Latin-1`);
    }
    Object.defineProperty(fields, lower, {
      value: content,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return fields;
}

function proxySettings(value: unknown): ProxySettings | null {
  if (value === null) return null;
  if (value !== undefined) {
    if (typeof value !== "string") fail(`proxy must be a URL as a string, or null, got ${describe(value)}`);
    if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
      fail("proxy must be a URL that begins with http:// or https://");
    }
    return { httpProxy: value, httpsProxy: value, noProxy: "" };
  }
  const env = process.env;
  const httpProxy = env.http_proxy || env.HTTP_PROXY;
  const httpsProxy = env.https_proxy || env.HTTPS_PROXY;
  if (!httpProxy && !httpsProxy) return null;
  const noProxy = env.no_proxy || env.NO_PROXY;
  return {
    ...(httpProxy ? { httpProxy } : {}),
    ...(httpsProxy ? { httpsProxy } : {}),
    ...(noProxy ? { noProxy } : {}),
  };
}

function logSink(enabled: boolean, logger: unknown): LogSink | null {
  if (logger === undefined && !enabled) return null;
  const target = (logger ?? console) as Logger;
  if (typeof target !== "object" && typeof target !== "function") {
    fail(`logger must be an object with debug, info, warn and error, got ${describe(logger)}`);
  }
  for (const level of ["debug", "info", "warn", "error"] as const) {
    if (typeof target[level] !== "function") fail(`logger must have the function "${level}"`);
  }
  return (record) => target[record.level](`dify-dual: ${record.message}`, record.fields);
}
