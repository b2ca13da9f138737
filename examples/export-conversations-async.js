// Writes all conversations of a user as JSON lines with awaited calls; otherwise as export-conversations.js.
//
//   node examples/export-conversations-async.js <user> <target.jsonl>
//
// DIFY_API_KEY: a chat, agent or chatflow app.
const fs = require("node:fs/promises");
const { AsyncChatClient } = require("dify-dual");

async function main(user, target) {
  if (!user || !target)
    throw new Error("usage: node examples/export-conversations-async.js <user> <target.jsonl>");
  const client = new AsyncChatClient();
  const file = await fs.open(target, "w");
  let conversations = 0;
  let messages = 0;
  try {
    for await (const conversation of conversationsOf(client, user)) {
      const history = await messagesOf(client, user, conversation.id);
      await file.write(`${JSON.stringify({ ...conversation, messages: history })}\n`);
      conversations += 1;
      messages += history.length;
    }
  } finally {
    await file.close();
    await client.aclose();
  }
  console.log(`${conversations} conversations with ${messages} messages`);
}

/** All conversations: each page is asked for with the last id of the page before. */
async function* conversationsOf(client, user) {
  for (let last_id = "", more = true; more; ) {
    const { data, has_more } = (await client.getConversations({ user, last_id, limit: 100 })).json();
    yield* data;
    last_id = data.at(-1)?.id ?? "";
    more = has_more && last_id !== "";
  }
}

/** All messages, oldest first. The pages go backwards in time: the next one is asked for with this one's first id. */
async function messagesOf(client, user, conversation_id) {
  const pages = [];
  for (let first_id = "", more = true; more; ) {
    const response = await client.getConversationMessages({ user, conversation_id, first_id, limit: 100 });
    const { data, has_more } = response.json();
    pages.unshift(data);
    first_id = data[0]?.id ?? "";
    more = has_more && first_id !== "";
  }
  return pages.flat();
}

const [user, target] = process.argv.slice(2);
main(user, target).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
