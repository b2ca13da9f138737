import type { Connection } from "./request";

/** Takes the key out of a text that is shown: a server or a proxy may say back what it was sent. */
export type Redact = (text: string) => string;

const REDACTED = "[redacted]";
// Anything shorter is a placeholder, and taking it out would tear words apart.
const SHORTEST_KEY = 8;
const SHORTEST_PIECE = 12;

/** Takes out the key of a connection, also where the end of the text cuts it off. */
export function redactor({ headers }: Connection): Redact {
  const key = (headers.authorization ?? "").replace("Bearer ", "");
  if (key.length < SHORTEST_KEY) return (text) => text;
  return (text) => withoutPiece(text.replaceAll(key, REDACTED), key);
}

function withoutPiece(text: string, key: string): string {
  for (let length = key.length - 1; length >= SHORTEST_PIECE; length--) {
    if (text.endsWith(key.slice(0, length))) return text.slice(0, -length) + REDACTED;
  }
  return text;
}
