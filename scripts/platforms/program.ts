// Compiled as an ES module and as CommonJS, by each version of TypeScript, and run.
import { AsyncChatClient, type ChatAnswer, ChatClient, type ClientOptions } from "dify-dual";
import { AsyncDifyClient } from "dify-dual/async";
import { DifyClient } from "dify-dual/sync";
import { type FakeDify, startFakeDify } from "dify-dual/testing";

const message = { inputs: {}, query: "Hello", user: "u" };

async function main(): Promise<void> {
  const fake: FakeDify = await startFakeDify({ pace: 0 });
  try {
    const awaited = new AsyncChatClient(fake.keys.chat, { baseUrl: fake.baseUrl });
    const response = await awaited.createChatMessage(message);
    const answer: ChatAnswer = response.json();
    let text = "";
    for await (const event of await awaited.createChatMessage({ ...message, response_mode: "streaming" })) {
      if (event.event === "message") text += event.answer;
    }
    await awaited.aclose();

    const blocking = new ChatClient(fake.keys.chat, { baseUrl: fake.baseUrl });
    const same: string = blocking.createChatMessage(message).json().answer;
    blocking.close();

    const kin = awaited instanceof AsyncDifyClient && blocking instanceof DifyClient;
    console.log(kin && text === answer.answer && same === text ? "done" : "different answers");

    // Where the types of Node or undici are not found, these are any, without an error, and take everything.
    // @ts-expect-error: a Buffer
    response.content satisfies number;
    // @ts-expect-error: a Dispatcher
    const options: ClientOptions<"async"> = { dispatcher: 5 };
    void options;
  } finally {
    await fake.close();
  }
}

main();
