// sync-rpc as it is, with a program written by hand in its child process. It cannot stream.
import { createRequire } from "node:module";
import { CHAT, chatBody, jsonHeaders } from "./shared.mjs";

export default function open({ baseUrl, key }) {
  const require = createRequire(import.meta.url);
  const send = require("sync-rpc")(require.resolve("./sync-rpc-child.cjs"), new URL(baseUrl).origin);
  const headers = jsonHeaders(key);
  return {
    sync: true,
    call: (bytes) =>
      JSON.parse(send({ path: CHAT, method: "POST", headers, body: chatBody({ bytes }, "blocking") })),
    close() {},
  };
}
