import { types } from "node:util";

/** Why a value cannot stand in JSON, and where. */
export class NotJson extends Error {
  constructor(
    readonly path: string,
    readonly reason: string,
  ) {
    super(`${path} ${reason}`);
  }
}

/**
 * A copy of `value` made of what JSON can carry, and nothing else; getters and `toJSON` run once, here. Raises
 * {@link NotJson} with the path of what cannot be carried.
 */
export function jsonCopy(value: unknown, path: string): unknown {
  try {
    return copy(value, path, "", []);
  } catch (error) {
    if (error instanceof RangeError) throw new NotJson(path, "is nested too deeply");
    throw error;
  }
}

// What JSON.stringify would turn into {} without a word. (Not instanceof: values may come from another realm.)
const LOSSY = [
  types.isMap,
  types.isSet,
  types.isWeakMap,
  types.isWeakSet,
  types.isPromise,
  types.isRegExp,
  types.isNativeError,
  types.isAnyArrayBuffer,
];

function copy(value: unknown, path: string, key: string, above: object[]): unknown {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new NotJson(path, "holds half of a surrogate pair");
      return value;
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new NotJson(path, `is ${value}, which JSON cannot carry`);
      return value;
    case "undefined":
      return undefined;
    case "object":
      break;
    default:
      throw new NotJson(path, `is a ${typeof value}, which JSON cannot carry`);
  }
  if (value === null) return null;
  if (above.includes(value)) throw new NotJson(path, "contains itself");
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function" && !ArrayBuffer.isView(value)) {
    const shown: unknown = toJSON.call(value, key);
    if (shown !== value) {
      above.push(value);
      const result = copy(shown, path, key, above);
      above.pop();
      return result;
    }
  }
  if (types.isNumberObject(value) || types.isStringObject(value) || types.isBooleanObject(value)) {
    return copy(value.valueOf(), path, key, above);
  }
  if (ArrayBuffer.isView(value) || LOSSY.some((is) => is(value))) {
    throw new NotJson(path, `is a ${value.constructor?.name ?? "value"}, which JSON cannot carry`);
  }
  above.push(value);
  const result = Array.isArray(value) ? copyArray(value, path, above) : copyObject(value, path, above);
  above.pop();
  return result;
}

function copyArray(value: readonly unknown[], path: string, above: object[]): unknown[] {
  const result: unknown[] = [];
  for (let i = 0; i < value.length; i++) {
    const item = copy(value[i], `${path}[${i}]`, String(i), above);
    // An empty place would become null, which is something else.
    if (item === undefined) throw new NotJson(`${path}[${i}]`, "is undefined");
    result.push(item);
  }
  return result;
}

function copyObject(value: object, path: string, above: object[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === "__proto__") throw new NotJson(path, 'has a key "__proto__"');
    if (!key.isWellFormed()) throw new NotJson(path, "has a key with half of a surrogate pair");
    const item = copy((value as Record<string, unknown>)[key], joined(path, key), key, above);
    if (item !== undefined) result[key] = item;
  }
  return result;
}

function joined(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key.slice(0, 100))}]`;
}
