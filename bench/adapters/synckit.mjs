// synckit, with a program written by hand in its worker. It cannot stream.
import { createSyncFn } from "synckit";
import { CHAT, chatBody, jsonHeaders } from "./shared.mjs";

export default function open({ baseUrl, key }) {
  const send = createSyncFn(new URL("./synckit-worker.mjs", import.meta.url).href);
  const { origin } = new URL(baseUrl);
  const headers = jsonHeaders(key);
  return {
    sync: true,
    call: (bytes) =>
      JSON.parse(
        send(origin, { path: CHAT, method: "POST", headers, body: chatBody({ bytes }, "blocking") }),
      ),
    close() {},
  };
}
