// A good program written by hand with undici. All other rows are compared with this one.
import { promisify } from "node:util";
import { Pool } from "undici";
import { authorization, CHAT, chatBody, fileForm, jsonHeaders, readEvents, UPLOAD } from "./shared.mjs";

export default function open({ baseUrl, key }) {
  const pool = new Pool(new URL(baseUrl).origin);
  const headers = jsonHeaders(key);
  const chat = (bench, mode) =>
    pool.request({ path: CHAT, method: "POST", headers, body: chatBody(bench, mode) });
  return {
    async call(bytes) {
      const { body } = await chat({ bytes }, "blocking");
      return body.json();
    },
    async stream(bench, onEvent) {
      const { body } = await chat(bench, "streaming");
      await readEvents(body, onEvent);
    },
    async upload(file) {
      const form = await fileForm(file);
      const length = await promisify(form.getLength.bind(form))();
      const { body } = await pool.request({
        path: UPLOAD,
        method: "POST",
        headers: { ...authorization(key), ...form.getHeaders(), "content-length": String(length) },
        body: form,
      });
      return body.json();
    },
    close: () => pool.destroy(),
  };
}
