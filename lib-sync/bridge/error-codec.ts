import { ERROR_CLASSES } from "../../lib/errors";

/** An error as plain data. */
export interface EncodedError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  /** Its own fields that JSON can carry: `code`, `operation`, `syscall`... */
  readonly fields?: Record<string, string | number | boolean>;
  readonly cause?: EncodedCause;
  /** Those of an `AggregateError`. */
  readonly errors?: readonly EncodedCause[];
}

/** A cause: an error, or what else was thrown, as far as JSON can carry it. */
type EncodedCause = { readonly error: EncodedError } | { readonly value: unknown };

// A chain deeper than this is a loop, or of no use to anybody.
const DEEPEST = 8;
const MARKER = "    --- in the bridge's worker ---";
const NATIVE: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  URIError,
  EvalError,
};

/** Takes an error apart: class, message, fields, causes, stack. */
export function encodeError(thrown: unknown, depth = 0): EncodedError {
  if (!isError(thrown))
    return { name: "Error", message: typeof thrown === "string" ? thrown : "an unknown failure" };
  const fields: Record<string, string | number | boolean> = {};
  for (const key of Object.getOwnPropertyNames(thrown)) {
    if (key === "stack" || key === "message" || key === "name") continue;
    const value = (thrown as unknown as Record<string, unknown>)[key];
    if (typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) {
      fields[key] = value as string | number | boolean;
    }
  }
  const { cause, errors } = thrown as { cause?: unknown; errors?: unknown };
  // A getter of the prototype, as with DOMException and its old numeric `code`, is not a field.
  return {
    name: String(thrown.name),
    message: String(thrown.message),
    ...(typeof thrown.stack === "string" ? { stack: thrown.stack } : {}),
    ...(Object.keys(fields).length > 0 ? { fields } : {}),
    ...(cause !== undefined && depth < DEEPEST ? { cause: encodeCause(cause, depth) } : {}),
    ...(Array.isArray(errors) && depth < DEEPEST
      ? { errors: errors.slice(0, 20).map((e) => encodeCause(e, depth)) }
      : {}),
  };
}

/** Puts an error together again, of its class. Its stack begins with the caller's frames, the worker's follow. */
export function decodeError(encoded: EncodedError): Error {
  const error = construct(encoded);
  const [, ...there] = framesOf(encoded);
  const caller = framesOf({ name: error.name, message: error.message, stack: error.stack ?? "" }).join("\n");
  if (there.length > 0) redefine(error, "stack", `${caller}\n${MARKER}\n${there.join("\n")}`);
  return error;
}

function encodeCause(cause: unknown, depth: number): EncodedCause {
  if (isError(cause)) return { error: encodeError(cause, depth + 1) };
  try {
    return { value: JSON.parse(JSON.stringify(cause)) as unknown };
  } catch {
    return { value: String(cause) };
  }
}

function decodeCause(cause: EncodedCause): unknown {
  if (!("error" in cause)) return cause.value;
  // A cause never was in the caller: its stack is the worker's alone.
  const error = construct(cause.error);
  redefine(error, "stack", cause.error.stack ?? `${error.name}: ${error.message}`);
  return error;
}

function construct(encoded: EncodedError): Error {
  const { name, message, fields, cause, errors } = encoded;
  if (Object.hasOwn(ERROR_CLASSES, name)) {
    const Class = ERROR_CLASSES[name as keyof typeof ERROR_CLASSES];
    return new Class(message, { ...fields, ...(cause ? { cause: decodeCause(cause) } : {}) });
  }
  const options = cause ? { cause: decodeCause(cause) } : undefined;
  const error = errors
    ? new AggregateError(errors.map(decodeCause), message, options)
    : new ((Object.hasOwn(NATIVE, name) && NATIVE[name]) || Error)(message, options);
  if (error.name !== name) redefine(error, "name", name);
  for (const [key, value] of Object.entries(fields ?? {})) {
    Object.defineProperty(error, key, { value, enumerable: true, configurable: true, writable: true });
  }
  return error;
}

/** The stack in two: its heading, which may have many lines, and its frames. */
function framesOf({ stack = "", name, message }: EncodedError): string[] {
  const heading = message === "" ? name : `${name}: ${message}`;
  const at = stack.startsWith(heading) ? heading.length : stack.search(/\n {4}at /);
  if (at < 0) return [stack];
  const frames = stack.slice(at).split("\n");
  return [stack.slice(0, at), ...frames.filter((line) => line !== "")];
}

function redefine(error: Error, key: string, value: string): void {
  Object.defineProperty(error, key, { value, configurable: true, writable: true });
}

// Not instanceof alone: in jest, an error may come from another realm.
function isError(value: unknown): value is Error {
  if (value instanceof Error) return true;
  return typeof value === "object" && value !== null && "message" in value && "stack" in value;
}
