// The package dify-client of npm, which is built on axios. Its stream is that of axios: the program parses it.
import { ChatClient } from "dify-client";
import { fileForm, QUERY, readEvents, USER } from "./shared.mjs";

export default function open({ baseUrl, key }) {
  const client = new ChatClient(key, baseUrl);
  return {
    async call(bytes) {
      const { data } = await client.createChatMessage({ bench: { bytes } }, QUERY, USER, false);
      return data;
    },
    async stream(bench, onEvent) {
      const { data } = await client.createChatMessage({ bench }, QUERY, USER, true);
      await readEvents(data, onEvent);
    },
    async upload(file) {
      const { data } = await client.fileUpload(await fileForm(file));
      return data;
    },
    close() {},
  };
}
