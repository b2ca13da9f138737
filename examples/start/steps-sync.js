// The calls of the README, blocking: no await, no callbacks, the value or an exception.
const {
  ChatClient,
  CompletionClient,
  DifyClient,
  KnowledgeBaseClient,
  WorkflowClient,
} = require("dify-dual");
const { PNG, REMOTE_PICTURE, USER, inputsFor, takesPictures } = require("./material");

const CHATS = ["chat", "advanced-chat"];
const STREAMING_CHATS = [...CHATS, "agent-chat"];
const user = USER;

/** The inputs that the client's app wants, with `text` where it wants a text. */
function formOf(client, text) {
  return inputsFor(client.getApplicationParameters({ user }).json(), text);
}

module.exports = [
  {
    title: "Completion, the whole text at once",
    needs: ["completion"],
    run({ key, baseUrl }, { ask, tell }) {
      const client = new CompletionClient(key, baseUrl);
      try {
        const asked = "a haiku about autumn";
        ask(asked);
        const response = client.createCompletionMessage({
          inputs: formOf(client, asked),
          response_mode: "blocking",
          user,
        });
        const { answer } = response.json();
        tell(answer);
        return { asked, answered: answer };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Completion, streamed, line by line",
    needs: ["completion"],
    run({ key, baseUrl }, reporter) {
      const client = new CompletionClient(key, baseUrl);
      try {
        const asked = "the sea at night";
        reporter.ask(asked);
        const stream = client.createCompletionMessage({
          inputs: formOf(client, asked),
          response_mode: "streaming",
          user,
        });
        let answered = "";
        for (const line of stream.iterLines()) {
          if (!line.startsWith("data:")) continue;
          const event = JSON.parse(line.slice(5));
          if (event.event !== "message") continue;
          reporter.piece(event.answer);
          answered += event.answer;
        }
        reporter.told();
        return { asked, answered };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Completion with a picture: one on the web, one uploaded",
    needs: ["completion"],
    run({ key, baseUrl }, { ask, tell }) {
      const client = new CompletionClient(key, baseUrl);
      try {
        const parameters = client.getApplicationParameters({ user }).json();
        if (!takesPictures(parameters)) return { skipped: "the app takes no pictures" };
        const asked = "what the picture shows";
        const inputs = inputsFor(parameters, asked);
        const uploaded = client.fileUpload(user, { file: ["white.png", PNG, "image/png"] }).json();
        const local = { type: "image", transfer_method: "local_file", upload_file_id: uploaded.id };
        let answered;
        for (const picture of [REMOTE_PICTURE, local]) {
          ask(`${asked} (${picture.transfer_method})`);
          const response = client.createCompletionMessage({ inputs, user, files: [picture] });
          answered = response.json().answer;
          tell(answered);
        }
        return { asked, answered };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Chat, with a second question in the same conversation",
    needs: CHATS,
    run({ key, baseUrl }, { ask, tell }) {
      const client = new ChatClient(key, baseUrl);
      try {
        const inputs = formOf(client, "Dify");
        ask("What is a kappa?");
        const first = client.createChatMessage({ inputs, query: "What is a kappa?", user }).json();
        tell(first.answer);
        const { conversation_id } = first;
        const asked = "Where does it live?";
        ask(asked);
        const second = client.createChatMessage({ inputs, query: asked, user, conversation_id }).json();
        tell(second.answer);
        client.deleteConversation({ conversation_id, user });
        return { asked, answered: second.answer };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Chat, streamed, event by event",
    needs: STREAMING_CHATS,
    run({ key, baseUrl }, reporter) {
      const client = new ChatClient(key, baseUrl);
      try {
        const asked = "Count to ten, slowly.";
        reporter.ask(asked);
        const stream = client.createChatMessage({
          inputs: formOf(client, "Dify"),
          query: asked,
          user,
          response_mode: "streaming",
        });
        let answered = "";
        for (const event of stream) {
          if (event.event !== "message" && event.event !== "agent_message") continue;
          reporter.piece(event.answer);
          answered += event.answer;
        }
        reporter.told();
        return { asked, answered };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Chat with a picture",
    needs: STREAMING_CHATS,
    run({ key, baseUrl }, reporter) {
      const client = new ChatClient(key, baseUrl);
      try {
        const parameters = client.getApplicationParameters({ user }).json();
        if (!takesPictures(parameters)) return { skipped: "the app takes no pictures" };
        const asked = "What is in this picture?";
        reporter.ask(asked);
        const uploaded = client.fileUpload(user, { file: ["white.png", PNG, "image/png"] }).json();
        const stream = client.createChatMessage({
          inputs: inputsFor(parameters, "Dify"),
          query: asked,
          user,
          response_mode: "streaming",
          files: [{ type: "image", transfer_method: "local_file", upload_file_id: uploaded.id }],
        });
        const answered = stream.text();
        reporter.tell(answered);
        return { asked, answered };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "File upload",
    needs: [...STREAMING_CHATS, "completion", "workflow"],
    run({ key, baseUrl }, { ask, tell }) {
      const client = new DifyClient(key, baseUrl);
      try {
        const asked = `white.png, ${PNG.length} bytes`;
        ask(asked);
        const file = client.fileUpload(user, { file: ["white.png", PNG, "image/png"] }).json();
        const answered = `id ${file.id}, ${file.size} bytes, ${file.mime_type}`;
        tell(answered);
        return { asked, answered };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Parameters, conversations, messages, a new name",
    needs: CHATS,
    run({ key, baseUrl }, { tell }) {
      const client = new ChatClient(key, baseUrl);
      try {
        const parameters = client.getApplicationParameters({ user }).json();
        tell(`opening statement: ${parameters.opening_statement || "none"}`);
        const first = client.createChatMessage({
          inputs: inputsFor(parameters, "Dify"),
          query: "Please remember me.",
          user,
        });
        const { conversation_id } = first.json();
        const conversations = client.getConversations({ user, limit: 10 }).json().data;
        tell(`conversations: ${conversations.map(({ name }) => name).join("; ")}`);
        const messages = client.getConversationMessages({ user, conversation_id }).json().data;
        tell(`messages in the latest: ${messages.length}`);
        const renamed = client.renameConversation({ conversation_id, name: "Remembered", user }).json();
        tell(`its name now: ${renamed.name}`);
        client.deleteConversation({ conversation_id, user });
        return { asked: "a conversation called Remembered", answered: renamed.name };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Conversation variables",
    needs: ["advanced-chat"],
    run({ key, baseUrl }, { ask, tell }) {
      const client = new ChatClient(key, baseUrl);
      try {
        const inputs = formOf(client, "Dify");
        const { conversation_id } = client.createChatMessage({ inputs, query: "Hello", user }).json();
        const variables = client.getConversationVariables({ conversation_id, user }).json().data;
        for (const { name, value_type, value } of variables) tell(`${name} (${value_type}) = ${value}`);
        const text = variables.find(({ value_type }) => value_type === "string");
        if (!text) return { skipped: "the chatflow has no conversation variable that is a string" };
        const asked = `${text.name} = "set by dify-dual"`;
        ask(asked);
        const value = "set by dify-dual";
        const change = { conversation_id, variable_id: text.id, value, user };
        const updated = client.updateConversationVariable(change).json();
        tell(`${updated.name} = ${updated.value}`);
        client.deleteConversation({ conversation_id, user });
        return { asked, answered: `${updated.name} = ${updated.value}` };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Workflow run",
    needs: ["workflow"],
    run({ key, baseUrl }, { ask, tell }) {
      const client = new WorkflowClient(key, baseUrl);
      try {
        const inputs = formOf(client, "Ada");
        const asked = JSON.stringify(inputs);
        ask(asked);
        const response = client.run({ inputs, response_mode: "blocking", user });
        const { data } = JSON.parse(response.text);
        tell(`${data.status}: ${JSON.stringify(data.outputs)}`);
        if (data.status !== "succeeded") throw new Error(`the run ${data.status}: ${data.error}`);
        return { asked, answered: JSON.stringify(data.outputs) };
      } finally {
        client.close();
      }
    },
  },
  {
    title: "Knowledge base: get, update, documents, their status",
    needs: ["knowledge"],
    run({ key, baseUrl, datasetId }, { tell }) {
      const client = new KnowledgeBaseClient(key, datasetId, { baseUrl });
      try {
        const dataset = client.getDataset().json();
        tell(`${dataset.name}: ${dataset.document_count} documents, ${dataset.word_count} words`);
        // Somebody's own knowledge base may be meant: the update and the status leave everything as it is.
        const updated = client.updateDataset({ name: dataset.name }).json();
        const documents = client.listDocuments({ page: 1, page_size: 10 }).json().data;
        for (const { name, indexing_status } of documents) tell(`${name}: ${indexing_status}`);
        const enabled = documents.filter(({ display_status }) => display_status === "available");
        if (enabled.length > 0) {
          const document_ids = enabled.map(({ id }) => id);
          const { result } = client.batchUpdateDocumentStatus({ action: "enable", document_ids }).json();
          tell(`enabling ${document_ids.length} enabled documents: ${result}`);
        }
        return {
          asked: `knowledge base ${datasetId}`,
          answered: `${updated.name}, ${documents.length} documents`,
        };
      } finally {
        client.close();
      }
    },
  },
];
