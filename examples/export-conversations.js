// Writes all conversations of a user, with all their messages, as JSON lines: one conversation a line, its messages
// oldest first. Blocking calls.
//
//   node examples/export-conversations.js <user> <target.jsonl>
//
// DIFY_API_KEY: a chat, agent or chatflow app.
const fs = require("node:fs");
const { ChatClient } = require("dify-dual");

function main(user, target) {
  if (!user || !target) throw new Error("usage: node examples/export-conversations.js <user> <target.jsonl>");
  const client = new ChatClient();
  const file = fs.openSync(target, "w");
  let conversations = 0;
  let messages = 0;
  try {
    for (const conversation of conversationsOf(client, user)) {
      const history = messagesOf(client, user, conversation.id);
      fs.writeSync(file, `${JSON.stringify({ ...conversation, messages: history })}\n`);
      conversations += 1;
      messages += history.length;
    }
  } finally {
    fs.closeSync(file);
    client.close();
  }
  console.log(`${conversations} conversations with ${messages} messages`);
}

/** All conversations: each page is asked for with the last id of the page before. */
function* conversationsOf(client, user) {
  for (let last_id = "", more = true; more; ) {
    const { data, has_more } = client.getConversations({ user, last_id, limit: 100 }).json();
    yield* data;
    last_id = data.at(-1)?.id ?? "";
    more = has_more && last_id !== "";
  }
}

/** All messages, oldest first. The pages go backwards in time: the next one is asked for with this one's first id. */
function messagesOf(client, user, conversation_id) {
  const pages = [];
  for (let first_id = "", more = true; more; ) {
    const { data, has_more } = client
      .getConversationMessages({ user, conversation_id, first_id, limit: 100 })
      .json();
    pages.unshift(data);
    first_id = data[0]?.id ?? "";
    more = has_more && first_id !== "";
  }
  return pages.flat();
}

const [user, target] = process.argv.slice(2);
main(user, target);
