// What the adapters without a Dify library of their own share: the request, and a good plain reader of events.
import { StringDecoder } from "node:string_decoder";

export const QUERY = "What do I need for tea?";
export const USER = "bench";
export const CHAT = "/v1/chat-messages";
export const UPLOAD = "/v1/files/upload";

export const authorization = (key) => ({ authorization: `Bearer ${key}` });
export const jsonHeaders = (key) => ({ ...authorization(key), "content-type": "application/json" });

/** The body of a chat request that asks the server for what `bench` says. */
export function chatBody(bench, mode) {
  return JSON.stringify({
    inputs: { bench },
    query: QUERY,
    user: USER,
    response_mode: mode,
    conversation_id: "",
  });
}

const LETTER_D = 100;

/** Takes pieces of a stream, cut anywhere, and gives the data of its events. */
export class DataLines {
  #decoder = new StringDecoder("utf8");
  #text = "";
  #at = 0;

  /** One more piece. All data of the piece before must have been taken. */
  take(piece) {
    this.#text = this.#text.slice(this.#at) + this.#decoder.write(piece);
    this.#at = 0;
  }

  /** The data of the next `data: ...` line that has ended, or null. */
  next() {
    const text = this.#text;
    for (let end = text.indexOf("\n", this.#at); end !== -1; end = text.indexOf("\n", this.#at)) {
      const start = this.#at;
      this.#at = end + 1;
      if (text.charCodeAt(start) === LETTER_D) return text.slice(start + 6, end);
    }
    return null;
  }
}

/** Reads a body to its end, and waits wherever the reader of the events wants to. */
export async function readEvents(body, onEvent) {
  const lines = new DataLines();
  for await (const piece of body) {
    lines.take(piece);
    for (let data = lines.next(); data !== null; data = lines.next()) {
      const wait = onEvent(JSON.parse(data));
      if (wait) await wait;
    }
  }
}

/** A form with a file that is read in pieces of 256 KB. */
export async function fileForm(file) {
  const [{ default: FormData }, { createReadStream }] = await Promise.all([
    import("form-data"),
    import("node:fs"),
  ]);
  const form = new FormData();
  form.append("user", USER);
  form.append("file", createReadStream(file, { highWaterMark: 256 * 1024 }));
  return form;
}
