// A conversation in the terminal, with awaited calls; otherwise as chat-loop.js.
//
//   node examples/chat-loop-async.js [conversation_id]
//
// DIFY_API_KEY: a chat, agent or chatflow app.
const readline = require("node:readline");
const { AsyncChatClient, DifyClientError } = require("dify-dual");

const user = "chat-loop";

async function main() {
  const client = new AsyncChatClient();
  const input = readline.createInterface({ input: process.stdin });
  let conversation_id = process.argv[2] ?? "";
  try {
    process.stdout.write("> ");
    for await (const query of input) {
      if (query === "") break;
      if (query === "/new") conversation_id = "";
      else conversation_id = await say(client, query, conversation_id);
      process.stdout.write("> ");
    }
    process.stdout.write(`\nconversation_id: ${conversation_id}\n`);
  } finally {
    input.close();
    await client.aclose();
  }
}

/** Sends a message, prints the answer as it comes, and gives the id that goes on with the conversation. */
async function say(client, query, conversation_id) {
  try {
    const stream = await client.createChatMessage({
      inputs: {},
      query,
      user,
      conversation_id,
      response_mode: "streaming",
    });
    for await (const event of stream) {
      if (event.conversation_id) conversation_id = event.conversation_id;
      if (event.event === "message" || event.event === "agent_message") process.stdout.write(event.answer);
      else if (event.event === "message_replace") process.stdout.write(`\n[replaced] ${event.answer}`);
    }
  } catch (error) {
    // A refused message or a broken answer ends the turn, not the program.
    if (!(error instanceof DifyClientError)) throw error;
    process.stdout.write(`[${error.name}: ${error.message}]`);
  }
  process.stdout.write("\n");
  return conversation_id;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
