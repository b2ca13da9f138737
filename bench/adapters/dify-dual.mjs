// The library itself, from the build that BENCH_LIB names. The files beside this one choose the family.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { QUERY, USER } from "./shared.mjs";

const load = () => import(pathToFileURL(path.join(process.env.BENCH_LIB, "dist", "index.mjs")).href);
const chat = (bench, response_mode) => ({ inputs: { bench }, query: QUERY, user: USER, response_mode });
const upload = (file) => ({ user: USER, files: { file: { path: file } } });

export async function openAsync({ baseUrl, key }) {
  const { AsyncChatClient } = await load();
  const client = new AsyncChatClient(key, { baseUrl });
  return {
    async call(bytes) {
      const response = await client.createChatMessage(chat({ bytes }, "blocking"));
      return response.json();
    },
    async stream(bench, onEvent) {
      for await (const event of await client.createChatMessage(chat(bench, "streaming"))) {
        const wait = onEvent(event);
        if (wait) await wait;
      }
    },
    async upload(file) {
      const response = await client.fileUpload(upload(file));
      return response.json();
    },
    close: () => client.aclose(),
  };
}

export async function openSync({ baseUrl, key }, options = {}) {
  const { ChatClient } = await load();
  const client = new ChatClient(key, { baseUrl, ...options });
  return {
    sync: true,
    call: (bytes) => client.createChatMessage(chat({ bytes }, "blocking")).json(),
    stream(bench, onEvent) {
      for (const event of client.createChatMessage(chat(bench, "streaming"))) onEvent(event);
    },
    upload: (file) => client.fileUpload(upload(file)).json(),
    close: () => client.close(),
  };
}
