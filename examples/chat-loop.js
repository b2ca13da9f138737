// A conversation in the terminal, with blocking calls. Each line is a message; /new begins a new conversation, an
// empty line or the end of the input ends the program.
//
//   node examples/chat-loop.js [conversation_id]
//
// DIFY_API_KEY: a chat, agent or chatflow app.
const fs = require("node:fs");
const { ChatClient, DifyClientError } = require("dify-dual");

const user = "chat-loop";

function main() {
  const client = new ChatClient();
  let conversation_id = process.argv[2] ?? "";
  try {
    write("> ");
    for (const query of linesOfStandardInput()) {
      if (query === "") break;
      if (query === "/new") conversation_id = "";
      else conversation_id = say(client, query, conversation_id);
      write("> ");
    }
    write(`\nconversation_id: ${conversation_id}\n`);
  } finally {
    client.close();
  }
}

/** Sends a message, prints the answer as it comes, and gives the id that goes on with the conversation. */
function say(client, query, conversation_id) {
  try {
    const stream = client.createChatMessage({
      inputs: {},
      query,
      user,
      conversation_id,
      response_mode: "streaming",
    });
    for (const event of stream) {
      if (event.conversation_id) conversation_id = event.conversation_id;
      if (event.event === "message" || event.event === "agent_message") write(event.answer);
      else if (event.event === "message_replace") write(`\n[replaced] ${event.answer}`);
    }
  } catch (error) {
    // A refused message or a broken answer ends the turn, not the program.
    if (!(error instanceof DifyClientError)) throw error;
    write(`[${error.name}: ${error.message}]`);
  }
  write("\n");
  return conversation_id;
}

/** `process.stdout.write` may wait for the event loop on some systems, which stands still during a blocking call. */
function write(text) {
  fs.writeSync(1, text);
}

/** The lines of the standard input, read with blocking calls too. */
function* linesOfStandardInput() {
  const decoder = new TextDecoder();
  const buffer = Buffer.alloc(4096);
  let text = "";
  for (;;) {
    const size = readSome(buffer);
    text += decoder.decode(buffer.subarray(0, size), { stream: size > 0 });
    const lines = text.split("\n");
    text = lines.pop();
    for (const line of lines) yield line.trimEnd();
    if (size === 0) {
      if (text !== "") yield text;
      return;
    }
  }
}

function readSome(buffer) {
  for (;;) {
    try {
      return fs.readSync(0, buffer);
    } catch (error) {
      if (error.code === "EOF") return 0;
      if (error.code !== "EAGAIN") throw error;
      // A terminal that is not in blocking mode has nothing yet.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
  }
}

main();
