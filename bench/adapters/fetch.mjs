// Node's own fetch.
import { authorization, chatBody, jsonHeaders, readEvents, USER } from "./shared.mjs";

export default function open({ baseUrl, key }) {
  const headers = jsonHeaders(key);
  const chat = (bench, mode) =>
    fetch(`${baseUrl}/chat-messages`, { method: "POST", headers, body: chatBody(bench, mode) });
  return {
    async call(bytes) {
      const response = await chat({ bytes }, "blocking");
      return response.json();
    },
    async stream(bench, onEvent) {
      const response = await chat(bench, "streaming");
      await readEvents(response.body, onEvent);
    },
    async upload(file) {
      const { openAsBlob } = await import("node:fs");
      const form = new FormData();
      form.append("user", USER);
      form.append("file", await openAsBlob(file), "file.bin");
      const url = `${baseUrl}/files/upload`;
      const response = await fetch(url, { method: "POST", headers: authorization(key), body: form });
      return response.json();
    },
    close() {},
  };
}
