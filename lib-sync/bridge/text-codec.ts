import type { FromHost, ToHost } from "./protocol";

// Marks bytes in base64 among the strings of a message. Strings that begin so themselves are marked as well.
const BYTES = "\u0000b:";
const TEXT = "\u0000t:";

/** What a piece of a long text begins with where another one follows, and what the last one begins with. */
export const MORE = "+";
export const LAST = ".";

/** Messages as text of ASCII characters only: sync-rpc decodes UTF-8 piece by piece, and would break the rest. */
export function toText(messages: readonly (ToHost | FromHost)[]): string {
  const text = JSON.stringify(messages, (_key, value: unknown) => {
    if (value instanceof ArrayBuffer) return BYTES + Buffer.from(value).toString("base64");
    return typeof value === "string" && value.startsWith("\u0000") ? TEXT + value : value;
  });
  return text.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The messages of such a text. */
export function parseText(text: string): (ToHost | FromHost)[] {
  return JSON.parse(text, (_key, value: unknown) => {
    if (typeof value !== "string" || !value.startsWith("\u0000")) return value;
    if (value.startsWith(TEXT)) return value.slice(TEXT.length);
    const bytes = Buffer.from(value.slice(BYTES.length), "base64");
    return bytes.buffer.byteLength === bytes.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer;
  }) as (ToHost | FromHost)[];
}
