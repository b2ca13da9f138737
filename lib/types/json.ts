/** Any value that JSON can hold. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;

/** A JSON object of which no more is known. */
export interface JsonObject {
  [key: string]: JsonValue;
}
