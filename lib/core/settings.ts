import { ValidationError } from "../errors";
import { describe } from "./describe";
import type { Mode } from "./mode";
import { nearest } from "./nearest";
import {
  CALL_OPTIONS,
  CLIENT_OPTIONS,
  type ClientOptions,
  FAMILY_OPTION,
  type Logger,
  type LogSink,
  type RequestOptions,
} from "./options";
import type { Limits, ProxySettings } from "./request";

/** A generation that blocks sends nothing until the model is done. */
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
export function resolveClientOptions(given: ClientOptions<"async"> | ClientOptions<"sync">): ClientSettings {
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
  const given = options as RequestOptions<"async">;
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

function fail(message: string, operation?: string): never {
  throw new ValidationError(message, { operation });
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
