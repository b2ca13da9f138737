import { isDeepStrictEqual } from "node:util";
import type { DifyResponse } from "../dist";
import * as library from "../dist";
import { type FakeDify, startFakeDify } from "../dist/testing";

/** What both families have in common for a test: `await` takes a value and a promise alike. */
interface Clients {
  chat: library.AsyncChatClient;
  chatflow: library.AsyncChatClient;
  completion: library.AsyncCompletionClient;
  workflow: library.AsyncWorkflowClient;
  knowledge: library.AsyncKnowledgeBaseClient;
  workspace: library.AsyncWorkspaceClient;
}
/** What earlier calls left for later ones. */
type State = Record<string, string>;
type Call = [
  name: string,
  call: (clients: Clients, state: State) => Promise<DifyResponse<unknown>>,
  status: number,
  keep?: (json: never) => State,
];

const user = "user-1";
const message = { inputs: {}, query: "How are you?", user };

const CALLS: Call[] = [
  ["getAppInfo", ({ chat }) => chat.getAppInfo(), 200],
  ["getApplicationParameters", ({ chat }) => chat.getApplicationParameters({ user }), 200],
  ["getMeta", ({ chat }) => chat.getMeta({ user }), 200],
  ["getAppSiteInfo", ({ chat }) => chat.getAppSiteInfo(), 200],
  [
    "createChatMessage",
    ({ chat }) => chat.createChatMessage(message),
    200,
    (json: { conversation_id: string; message_id: string; task_id: string }) => ({
      conversation: json.conversation_id,
      message: json.message_id,
      task: json.task_id,
    }),
  ],
  [
    "createChatMessage, going on",
    ({ chat }, { conversation }) => chat.createChatMessage({ ...message, conversation_id: conversation }),
    200,
  ],
  ["getConversations", ({ chat }) => chat.getConversations({ user, limit: 5 }), 200],
  [
    "getConversationMessages",
    ({ chat }, { conversation }) => chat.getConversationMessages({ user, conversation_id: conversation }),
    200,
  ],
  [
    "renameConversation",
    ({ chat }, { conversation = "" }) =>
      chat.renameConversation({ conversation_id: conversation, name: "A name", user }),
    200,
  ],
  [
    "messageFeedback",
    ({ chat }, { message: id = "" }) => chat.messageFeedback({ message_id: id, rating: "like", user }),
    200,
  ],
  [
    "messageFeedback, taken back",
    ({ chat }, { message: id = "" }) => chat.messageFeedback({ message_id: id, rating: null, user }),
    200,
  ],
  ["stopMessage", ({ chat }, { task = "" }) => chat.stopMessage({ task_id: task, user }), 200],
  [
    "fileUpload",
    ({ chat }) => chat.fileUpload(user, { file: ["note.txt", Buffer.from("text"), "text/plain"] }),
    201,
    (json: { id: string }) => ({ file: json.id }),
  ],
  [
    "createChatMessage on the chatflow",
    ({ chatflow }) => chatflow.createChatMessage(message),
    200,
    (json: { conversation_id: string }) => ({ flowConversation: json.conversation_id }),
  ],
  [
    "getConversationVariables",
    ({ chatflow }, { flowConversation = "" }) =>
      chatflow.getConversationVariables({ conversation_id: flowConversation, user }),
    200,
    (json: { data: { id: string; name: string; value_type: string }[] }) => ({
      variable: json.data.find((variable) => variable.value_type === "string")?.id ?? "",
    }),
  ],
  [
    "updateConversationVariable",
    ({ chatflow }, { flowConversation = "", variable = "" }) =>
      chatflow.updateConversationVariable({
        conversation_id: flowConversation,
        variable_id: variable,
        value: "new",
        user,
      }),
    200,
  ],
  [
    "deleteConversation",
    ({ chat }, { conversation = "" }) => chat.deleteConversation({ conversation_id: conversation, user }),
    204,
  ],
  [
    "createAnnotation",
    ({ chat }) => chat.createAnnotation({ question: "Q?", answer: "A." }),
    201,
    (json: { id: string }) => ({ annotation: json.id }),
  ],
  [
    "updateAnnotation",
    ({ chat }, { annotation = "" }) =>
      chat.updateAnnotation({ annotation_id: annotation, question: "Q??", answer: "A!" }),
    200,
  ],
  ["listAnnotations", ({ chat }) => chat.listAnnotations(), 200],
  [
    "deleteAnnotation",
    ({ chat }, { annotation = "" }) => chat.deleteAnnotation({ annotation_id: annotation }),
    204,
  ],
  [
    "createCompletionMessage",
    ({ completion }) => completion.createCompletionMessage({ inputs: { query: "Hello" }, user }),
    200,
  ],
  [
    "run",
    ({ workflow }) => workflow.run({ inputs: { text: "Ada" }, response_mode: "blocking", user }),
    200,
    (json: { workflow_run_id: string }) => ({ run: json.workflow_run_id }),
  ],
  ["getResult", ({ workflow }, { run = "" }) => workflow.getResult({ workflow_run_id: run }), 200],
  ["getWorkflowLogs", ({ workflow }) => workflow.getWorkflowLogs(), 200],
  ["stop", ({ workflow }) => workflow.stop({ task_id: "0d6b5a5c-4b5c-4d3c-9d0c-0a1b2c3d4e5f", user }), 200],
  ["getDataset", ({ knowledge }) => knowledge.getDataset(), 200],
  ["updateDataset", ({ knowledge }) => knowledge.updateDataset({ name: "Renamed" }), 200],
  ["listDatasets", ({ knowledge }) => knowledge.listDatasets({ page: 1, page_size: 5 }), 200],
  [
    "createDocumentByText",
    ({ knowledge }) =>
      knowledge.createDocumentByText({ name: "a.txt", text: "Some text.", indexing_technique: "economy" }),
    200,
    (json: { batch: string; document: { id: string } }) => ({
      batch: json.batch,
      document: json.document.id,
    }),
  ],
  [
    "batchIndexingStatus",
    ({ knowledge }, { batch = "" }) => knowledge.batchIndexingStatus({ batch_id: batch }),
    200,
  ],
  [
    "createDocumentByFile",
    ({ knowledge }) =>
      knowledge.createDocumentByFile({
        file_path: ["b.txt", "More text.", "text/plain"],
        indexing_technique: "economy",
      }),
    200,
  ],
  ["listDocuments", ({ knowledge }) => knowledge.listDocuments({ page: 1, page_size: 10 }), 200],
  [
    "addSegments",
    ({ knowledge }, { document = "" }) =>
      knowledge.addSegments({ document_id: document, segments: [{ content: "A chunk." }] }),
    200,
    (json: { data: { id: string }[] }) => ({ segment: json.data[0]?.id ?? "" }),
  ],
  [
    "updateDocumentSegment",
    ({ knowledge }, { document = "", segment = "" }) =>
      knowledge.updateDocumentSegment({
        document_id: document,
        segment_id: segment,
        segment_data: { content: "Another chunk." },
      }),
    200,
  ],
  [
    "querySegments",
    ({ knowledge }, { document = "" }) => knowledge.querySegments({ document_id: document }),
    200,
  ],
  [
    "deleteDocumentSegment",
    ({ knowledge }, { document = "", segment = "" }) =>
      knowledge.deleteDocumentSegment({ document_id: document, segment_id: segment }),
    204,
  ],
  [
    "batchUpdateDocumentStatus",
    ({ knowledge }, { document = "" }) =>
      knowledge.batchUpdateDocumentStatus({ action: "disable", document_ids: [document] }),
    200,
  ],
  [
    "deleteDocument",
    ({ knowledge }, { document = "" }) => knowledge.deleteDocument({ document_id: document }),
    204,
  ],
  ["getDatasetMetadata", ({ knowledge }) => knowledge.getDatasetMetadata(), 200],
  ["getBuiltInMetadata", ({ knowledge }) => knowledge.getBuiltInMetadata(), 200],
  ["listDatasetTags", ({ knowledge }) => knowledge.listDatasetTags(), 200],
  ["getDatasetTags", ({ knowledge }) => knowledge.getDatasetTags(), 200],
  ["getAvailableModels", ({ workspace }) => workspace.getAvailableModels({ model_type: "llm" }), 200],
  ["getModelProviders, which no Dify serves", ({ workspace }) => workspace.getModelProviders(), 404],
  [
    "getConversationMessages of an unknown conversation",
    ({ chat }) =>
      chat.getConversationMessages({ user, conversation_id: "0d6b5a5c-4b5c-4d3c-9d0c-0a1b2c3d4e5f" }),
    404,
  ],
];

function connect(prefix: "" | "Async", fake: FakeDify, bridge?: "process"): Clients {
  const options = { baseUrl: fake.baseUrl, raiseErrors: false, ...(bridge ? { bridge } : {}) };
  const make = (name: string, key: string, ...more: unknown[]) => {
    const type = (library as unknown as Record<string, new (...args: unknown[]) => unknown>)[prefix + name];
    return new (type as new (...args: unknown[]) => never)(key, ...more, options);
  };
  const { keys, datasetId } = fake;
  return {
    chat: make("ChatClient", keys.chat),
    chatflow: make("ChatClient", keys.chatflow),
    completion: make("CompletionClient", keys.completion),
    workflow: make("WorkflowClient", keys.workflow),
    knowledge: make("KnowledgeBaseClient", keys.dataset, datasetId),
    workspace: make("WorkspaceClient", keys.dataset),
  };
}

/** The shape of a JSON value: its keys and the types of its values, not what changes from run to run. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shape(item)]));
}

interface Outcome {
  status: number;
  type: string | undefined;
  shape: unknown;
}

async function runAll(clients: Clients): Promise<Map<string, Outcome>> {
  const state: State = {};
  const outcomes = new Map<string, Outcome>();
  for (const [name, call, , keep] of CALLS) {
    const response = await call(clients, state);
    const type = response.headers["content-type"];
    const isJson = type?.includes("json") ?? false;
    outcomes.set(name, { status: response.statusCode, type, shape: isJson ? shape(response.json()) : null });
    if (keep) Object.assign(state, keep(response.json() as never));
  }
  return outcomes;
}

const FAMILIES: [name: string, connect: (fake: FakeDify) => Clients][] = [
  ["async", (fake) => connect("Async", fake)],
  ["blocking", (fake) => connect("", fake)],
  ["blocking, over a process", (fake) => connect("", fake, "process")],
];

describe("one table of calls, the same outcomes in both families and over both bridges", () => {
  const outcomes = new Map<string, Map<string, Outcome>>();

  test.each(FAMILIES)(
    "%s",
    async (name, open) => {
      const fake = await startFakeDify({ pace: 0 });
      try {
        const seen = await runAll(open(fake));
        outcomes.set(name, seen);
        for (const [call, , status] of CALLS) expect([call, seen.get(call)?.status]).toEqual([call, status]);
      } finally {
        await fake.close();
      }
    },
    60_000,
  );

  test.each(CALLS)("%s", (name) => {
    const [first, ...others] = FAMILIES.map(([family]) => outcomes.get(family)?.get(name));
    expect(first).toBeDefined();
    for (const other of others) expect(isDeepStrictEqual(other, first)).toBe(true);
  });
});
