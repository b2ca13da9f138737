// Not a client, but the limit for one on undici: the bytes as they are dispatched, split into lines, JSON.parse, and
// the event pushed at once. Nothing can wait.
import { Pool } from "undici";
import { CHAT, chatBody, DataLines, jsonHeaders } from "./shared.mjs";

export default function open({ baseUrl, key }) {
  const pool = new Pool(new URL(baseUrl).origin);
  const headers = jsonHeaders(key);
  return {
    stream: (bench, onEvent) =>
      new Promise((resolve, reject) => {
        const lines = new DataLines();
        pool.dispatch(
          { path: CHAT, method: "POST", headers, body: chatBody(bench, "streaming") },
          {
            onRequestStart() {},
            onResponseStart() {},
            onResponseData(_controller, piece) {
              lines.take(piece);
              for (let data = lines.next(); data !== null; data = lines.next()) onEvent(JSON.parse(data));
            },
            onResponseEnd: () => resolve(),
            onResponseError: (_controller, error) => reject(error),
          },
        );
      }),
    close: () => pool.destroy(),
  };
}
