// What every platform must be able to do: both families, over both bridges, against the fake server. It is given the
// package instead of loading it, so that each program loads it in its own way.
const assert = require("node:assert/strict");

const message = { inputs: {}, query: "Hello", user: "u" };
const streaming = { ...message, response_mode: "streaming" };

async function exercise({ AsyncChatClient, AuthenticationError, ChatClient, startFakeDify }) {
  const fake = await startFakeDify({ pace: 0 });
  const options = { baseUrl: fake.baseUrl };

  const awaited = new AsyncChatClient(fake.keys.chat, options);
  const { answer } = (await awaited.createChatMessage(message)).json();
  assert.match(answer, /Hello/);
  let text = "";
  for await (const event of await awaited.createChatMessage(streaming)) text += event.answer ?? "";
  assert.equal(text, answer);
  await awaited.aclose();
  const stranger = new AsyncChatClient("not-a-key", options);
  await assert.rejects(stranger.createChatMessage(message), AuthenticationError);
  await stranger.aclose();

  for (const bridge of ["worker", "process"]) {
    const blocking = new ChatClient(fake.keys.chat, { ...options, bridge });
    assert.equal(blocking.createChatMessage(message).json().answer, answer);
    assert.equal(blocking.createChatMessage(streaming).text(), answer);
    blocking.close();
    const unknown = new ChatClient("not-a-key", { ...options, bridge });
    assert.throws(() => unknown.createChatMessage(message), AuthenticationError);
    unknown.close();
  }
  await fake.close();
}

module.exports = { exercise };
