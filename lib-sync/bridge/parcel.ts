import type { FromHost, ToHost } from "./protocol";

/** What a piece of a long text begins with where another one follows, and what the last one begins with. */
export const MORE = "+";
export const LAST = ".";

/** What goes from process to process: a number, whose meaning the way decides, and messages. */
export interface Parcel {
  readonly number: number;
  readonly messages: readonly (ToHost | FromHost)[];
}

/** Stands in the messages for bytes, which follow the messages. */
interface Place {
  readonly at: number;
  readonly size: number;
}

const LENGTH = 4;

/** A parcel as bytes: the length of its JSON, the JSON, and the bytes that do not fit into JSON. */
export function pack({ number, messages }: Parcel): Buffer {
  const contents: Uint8Array[] = [];
  let at = 0;
  const place = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(place);
    if (!ArrayBuffer.isView(value)) return value;
    const bytes = value as Uint8Array;
    contents.push(bytes);
    at += bytes.byteLength;
    return { at: at - bytes.byteLength, size: bytes.byteLength } satisfies Place;
  };
  const json = JSON.stringify([number, messages.map(place)]);
  const head = Buffer.from(json);
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32LE(head.byteLength);
  return Buffer.concat([length, head, ...contents]);
}

/** The parcel in such bytes. */
export function unpack(bytes: Buffer): Parcel {
  const end = LENGTH + bytes.readUInt32LE();
  const json = bytes.toString("utf8", LENGTH, end);
  const [number, messages] = JSON.parse(json, (_key, value: unknown) => {
    // A message holds no objects of its own.
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const { at, size } = value as Place;
    return new Uint8Array(bytes.subarray(end + at, end + at + size));
  }) as [number, Parcel["messages"]];
  return { number, messages };
}
