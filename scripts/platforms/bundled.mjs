// With dify-dual inside the bundle: the async family works, and the blocking one works or says what to do.
import assert from "node:assert/strict";
import { AsyncChatClient, BridgeError, ChatClient } from "dify-dual";
import { startFakeDify } from "dify-dual/testing";

const message = { inputs: {}, query: "Hello", user: "u" };

async function main() {
  const fake = await startFakeDify({ pace: 0 });
  const awaited = new AsyncChatClient(fake.keys.chat, { baseUrl: fake.baseUrl });
  const { answer } = (await awaited.createChatMessage(message)).json();
  await awaited.aclose();
  for (const bridge of ["worker", "process"]) {
    const blocking = new ChatClient(fake.keys.chat, { baseUrl: fake.baseUrl, bridge });
    try {
      assert.equal(blocking.createChatMessage(message).json().answer, answer);
    } catch (error) {
      assert.ok(error instanceof BridgeError, error);
      assert.match(error.message, /must leave "dify-dual" out of the bundle \(external\)/);
    }
    blocking.close();
  }
  await fake.close();
  console.log("done");
}

main();
