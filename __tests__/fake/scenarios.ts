import type { FakeDify, FakeDifyKeys } from "../../testing";
import type { Recording } from "./recording";
import type { Replay } from "./replay";

/** Recordings that belong together: the later ones use what the earlier ones made. */
export type Scenario = [name: string, recordings: [file: string, how: Replay][]];

const keyAt =
  (otherwise: keyof FakeDifyKeys, by: Partial<Record<keyof FakeDifyKeys, number[]>>) => (index: number) =>
    (Object.entries(by).find(([, indexes]) => indexes.includes(index))?.[0] ??
      otherwise) as keyof FakeDifyKeys;

/** Sends a JSON request and returns the answer's body. */
export async function ask(
  fake: FakeDify,
  key: keyof FakeDifyKeys,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${fake.baseUrl}${path}`, {
    method,
    headers: { Authorization: `Bearer ${fake.keys[key]}`, "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  });
  const text = await response.text();
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function chat(
  fake: FakeDify,
  key: keyof FakeDifyKeys,
  user: string,
  query: string,
  more: Record<string, unknown> = {},
): Promise<Record<string, string>> {
  const body = { query, inputs: {}, user, ...more };
  return (await ask(fake, key, "POST", "/chat-messages", body)) as Record<string, string>;
}

const queried = (recording: Recording, index: number, name: string): string =>
  String(recording.exchanges[index]?.request.query?.[name]);

async function fiveConversations(fake: FakeDify): Promise<void> {
  for (const number of [0, 1, 2, 3, 4]) {
    await chat(fake, "chatflow", "user-conv", `question ${number}`, { inputs: { topic: `t${number}` } });
  }
}

/** A conversation of several turns, under the id that a recording has for it. */
const conversationOf =
  (key: keyof FakeDifyKeys, user: string, queries: string[]) =>
  async (fake: FakeDify, ids: Map<string, string>, recording: Recording): Promise<void> => {
    let conversation = "";
    for (const query of queries) {
      const answer = await chat(fake, key, user, query, { conversation_id: conversation });
      conversation = String(answer.conversation_id);
    }
    ids.set(queried(recording, 0, "conversation_id"), conversation);
  };

async function dropSeeded(fake: FakeDify): Promise<void> {
  await ask(fake, "dataset", "DELETE", `/datasets/${fake.datasetId}`);
}

/** With no pace a document is indexed before its status is asked for the first time. */
const INDEXED_SOONER = /indexing-status poll 0: .*_at: null recorded, number answered/;

export const SCENARIOS: Scenario[] = [
  // No app of the fake's has its API switched off.
  ["authentication", [["errors/auth", { key: "chat", skip: [8, 9] }]]],
  [
    "validation of a chat request",
    // The app with a required, short input is none of the fake's.
    [
      [
        "errors/validation-chat",
        { key: keyAt("chat", { chatflow: [22, 23, 24, 25, 26, 27] }), skip: [19, 20, 21, 27] },
      ],
    ],
  ],
  // The fake's model never fails.
  ["chat", [["chat/chat-app", { key: "chat", skip: [3, 4, 5, 6, 7, 8, 9, 10] }]]],
  ["agent", [["chat/agent-chat", { key: "agentChat", skip: [3, 5] }]]],
  ["chatflow, blocking", [["chat/chatflow-blocking", { key: "chatflow" }]]],
  ["chatflow, streaming", [["chat/chatflow-streaming", { key: "chatflow" }]]],
  ["chatflow without response_mode", [["chat/chatflow-no-response-mode", { key: "chatflow" }]]],
  ["completion", [["completion/completion", { key: "completion", skip: [7, 8] }]]],
  [
    "workflow",
    [
      ["workflows/simple", { key: keyAt("workflow", { chatflow: [25] }) }],
      ["workflows/logs", { key: keyAt("workflow", { chat: [16] }), skip: [15] }],
    ],
  ],
  ["a refused stream", [["workflows/missing-input-streaming-hangs", { key: "workflow" }]]],
  [
    "the wrong kind of app",
    [["workflows/not-workflow-app", { key: keyAt("chat", { workflow: [4, 5, 6] }) }]],
  ],
  [
    "conversations",
    [
      ["conversations/list-and-page", { key: "chatflow", prepare: fiveConversations }],
      ["conversations/variables", { key: keyAt("chatflow", { chat: [15] }) }],
      ["conversations/rename-delete", { key: "chatflow" }],
    ],
  ],
  [
    "pages of messages",
    [
      [
        "conversations/message-paging",
        { key: "chatflow", prepare: conversationOf("chatflow", "pager", ["q0", "q1", "q2", "q3", "q4"]) },
      ],
    ],
  ],
  [
    "messages",
    [
      [
        "messages/list-feedback-suggested",
        {
          key: "chat",
          prepare: conversationOf("chat", "user-conv", ["one", "two", "three", "four", "five"]),
          // The recorded app has no input form.
          known: [/\.inputs\.name: answered, not recorded/],
        },
      ],
    ],
  ],
  [
    "files",
    [
      ["files/upload", { key: "chatflow" }],
      // Remote files are not fetched.
      ["files/preview", { key: keyAt("chatflow", { chat: [10] }), skip: [12] }],
    ],
  ],
  ["audio", [["audio/audio", { key: keyAt("chat", { workflow: [13, 14] }), skip: [10] }]]],
  ["the chat app", [["app/info-chat", { key: "chat" }]]],
  ["the agent app", [["app/info-agent_chat", { key: "agentChat" }]]],
  ["the chatflow app", [["app/info-chatflow_echo", { key: "chatflow" }]]],
  ["the completion app", [["app/info-completion", { key: "completion" }]]],
  ["the workflow app", [["app/info-workflow_simple", { key: "workflow" }]]],
  ["end users", [["end-users/end-user", { key: keyAt("chat", { workflow: [4] }) }]]],
  ["annotations", [["annotations/crud", { key: "chat" }]]],
  ["models", [["models/model-types", { key: keyAt("dataset", { chat: [7] }) }]]],
  [
    "knowledge",
    [
      ["datasets/crud", { key: keyAt("dataset", { chat: [35] }), prepare: dropSeeded }],
      ["documents/by-text", { key: "dataset", known: [INDEXED_SOONER] }],
      // That document was indexed before its answer was made.
      ["documents/by-file", { key: "dataset", known: [INDEXED_SOONER, /no data part: .*word_count/] }],
      // For a while after it was switched on, a real document counts as being indexed.
      ["documents/list-get-status-delete", { key: "dataset", skip: [25] }],
      ["segments/crud", { key: "dataset" }],
      ["documents/high-quality", { key: "dataset", known: [INDEXED_SOONER] }],
      ["segments/parent-child", { key: "dataset", known: [INDEXED_SOONER] }],
      ["metadata/crud", { key: "dataset" }],
      ["tags/crud", { key: "dataset" }],
      ["retrieve/retrieve", { key: "dataset" }],
      ["retrieve/economy-keyword", { key: "dataset" }],
      ["pipeline/no-pipeline", { key: "dataset" }],
    ],
  ],
];
