/**
 * Dify is written in Python, and its texts show it: JSON with spaces and `\u` escapes in blocking answers,
 * Python's `repr` in validation messages and in conversation variables. These are the few functions that imitate it.
 */

/** `json.dumps`: `", "` and `": "` as separators, everything beyond ASCII escaped. */
export function dumps(value: unknown): string {
  return spaced(value).replace(/[\u007f-\uffff]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => spaced(item ?? null)).join(", ")}]`;
  if (isRecord(value)) {
    const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${pairs.map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`).join(", ")}}`;
  }
  return JSON.stringify(value ?? null);
}

/** `repr`. */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (isRecord(value)) {
    return `{${Object.entries(value)
      .map(([key, item]) => `${quoted(key)}: ${repr(item)}`)
      .join(", ")}}`;
  }
  return String(value);
}

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\\n\r\t'"]/g, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\r") return "\\r";
    if (char === "\t") return "\\t";
    if (char === "\\" || char === quote) return `\\${char}`;
    return char;
  });
  return `${quote}${body}${quote}`;
}

/** `str`: a string as it is, anything else as `repr`. */
export function str(value: unknown): string {
  return typeof value === "string" ? value : repr(value);
}

/** `type(value).__name__`, for a value that came out of JSON. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return Array.isArray(value) ? "list" : "dict";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
