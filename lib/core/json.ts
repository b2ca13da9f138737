import { types } from "node:util";

/** Why a value cannot stand in JSON, and where. */
export class NotJson extends Error {
  constructor(
    readonly reason: string,
    public path = "",
  ) {
    // Without a message: one of its own would hide the getter below.
    super();
  }

  override get message(): string {
    return `${this.path} ${this.reason}`;
  }
}

/**
 * A copy of `value` made of what JSON can carry, and nothing else; getters and `toJSON` run once, here. Raises
 * {@link NotJson} with the path, beginning with `name`, of what cannot be carried.
 */
export function jsonCopy(value: unknown, name: string): unknown {
  try {
    return copy(value, "", []);
  } catch (error) {
    if (error instanceof RangeError) throw new NotJson("is nested too deeply", name);
    throw prefixed(error, name);
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

function copy(value: unknown, key: string, above: object[]): unknown {
  switch (typeof value) {
    case "string":
      if (!value.isWellFormed()) throw new NotJson("holds half of a surrogate pair");
      return value;
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new NotJson(`is ${value}, which JSON cannot carry`);
      return value;
    case "undefined":
      return undefined;
    case "object":
      return value === null ? null : copyDeep(value, key, above);
    default:
      throw new NotJson(`is a ${typeof value}, which JSON cannot carry`);
  }
}

function copyDeep(value: object, key: string, above: object[]): unknown {
  if (above.includes(value)) throw new NotJson("contains itself");
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function" && !ArrayBuffer.isView(value)) {
    const shown: unknown = toJSON.call(value, key);
    if (shown !== value) {
      above.push(value);
      const result = copy(shown, key, above);
      above.pop();
      return result;
    }
  }
  if (Object.getPrototypeOf(value) === Object.prototype) return within(value, above);
  if (types.isBoxedPrimitive(value)) return copy(value.valueOf(), key, above);
  if (ArrayBuffer.isView(value) || LOSSY.some((is) => is(value))) {
    throw new NotJson(`is a ${value.constructor?.name ?? "value"}, which JSON cannot carry`);
  }
  return within(value, above);
}

function within(value: object, above: object[]): unknown {
  above.push(value);
  const result = Array.isArray(value) ? copyArray(value, above) : copyObject(value, above);
  above.pop();
  return result;
}

function copyArray(value: readonly unknown[], above: object[]): unknown[] {
  const result: unknown[] = [];
  let i = 0;
  try {
    for (; i < value.length; i++) {
      const item = copy(value[i], String(i), above);
      // An empty place would become null, which is something else.
      if (item === undefined) throw new NotJson("is undefined");
      result.push(item);
    }
  } catch (error) {
    throw prefixed(error, `[${i}]`);
  }
  return result;
}

function copyObject(value: object, above: object[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key === "__proto__") throw new NotJson('has a key "__proto__"');
    if (!key.isWellFormed()) throw new NotJson("has a key with half of a surrogate pair");
    try {
      const item = copy((value as Record<string, unknown>)[key], key, above);
      if (item !== undefined) result[key] = item;
    } catch (error) {
      throw prefixed(
        error,
        /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 100))}]`,
      );
    }
  }
  return result;
}

/** Paths are made on the way out of a failure: a sound value costs none. */
function prefixed(error: unknown, step: string): unknown {
  if (error instanceof NotJson) error.path = step + error.path;
  return error;
}
