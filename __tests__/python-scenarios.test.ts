import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { inspect } from "node:util";
import ts from "typescript6";
import { type RecordedRequest, type Recorder, type ScriptedAnswer, startRecorder } from "./helpers/recorder";
import {
  type AnyClient,
  asyncFamily,
  FAMILIES,
  type FamilyUnderTest,
  syncFamily,
} from "./helpers/recorder-families";
import { CLASSES, MODELS } from "./helpers/recorder-python";

// The tests of the Python SDK, named as there, made real: a server that records instead of a mock. Where one of them
// holds Python to something that this library does otherwise, the test says so and asserts ours.

const folder = mkdtempSync(path.join(tmpdir(), "dify-dual-scenarios-"));
const document = path.join(folder, "test.txt");
writeFileSync(document, "a document");
afterAll(() => rmSync(folder, { recursive: true }));

/** A call of Python's suite: what is answered, what must be sent, and what must come back. */
interface Scenario {
  title: string;
  class: string;
  method: string;
  args?: Record<string, unknown>;
  answer: ScriptedAnswer;
  sends: { method?: string; path: string; query?: [string, string][]; json?: unknown; parts?: object[] };
  gives?: unknown;
}

const imageUrl = { type: "image", transfer_method: "remote_url", url: "https://example.com/image.jpg" };
const imageFile = { type: "image", transfer_method: "local_file", upload_file_id: "your_file_id" };
const ok = (body: unknown, status = 200): ScriptedAnswer => ({ status, body });
const gone: ScriptedAnswer = { status: 204, headers: { "content-type": "application/json" } };
const documentPart = { name: "file", filename: "test.txt", contentType: "text/plain", size: 10 };
const DATASET = "/v1/datasets/ds-1";

const SCENARIOS: Scenario[] = [];
const of =
  (className: string) =>
  (
    title: string,
    method: string,
    args: Record<string, unknown> | undefined,
    sends: Scenario["sends"],
    gives: unknown = { result: "success" },
    answer = gives === null ? gone : ok(gives),
  ) =>
    void SCENARIOS.push({ title, class: className, method, args, sends, gives, answer } as Scenario);

const knowledge = of("KnowledgeBaseClient");
const NEW = { indexing_technique: "high_quality", process_rule: { mode: "automatic" } };
knowledge(
  "test_001_create_dataset",
  "createDataset",
  { name: "test_dataset" },
  { path: "/v1/datasets", json: { name: "test_dataset" } },
  { id: "test-dataset-id", name: "test_dataset" },
);
knowledge(
  "test_002_list_datasets",
  "listDatasets",
  {},
  {
    path: "/v1/datasets",
    query: [
      ["page", "1"],
      ["limit", "20"],
    ],
  },
  { data: [{ id: "1" }] },
);
knowledge(
  "test_003_create_document_by_text",
  "createDocumentByText",
  { name: "test_document", text: "test document content" },
  {
    path: `${DATASET}/document/create-by-text`,
    json: { ...NEW, name: "test_document", text: "test document content" },
  },
  { document: { id: "doc-1" }, batch: "b" },
);
knowledge(
  "test_004_update_document_by_text",
  "updateDocumentByText",
  { document_id: "doc-1", name: "test_document_updated", text: "updated content" },
  {
    path: `${DATASET}/documents/doc-1/update-by-text`,
    json: { name: "test_document_updated", text: "updated content" },
  },
);
knowledge(
  "test_006_update_document_by_file",
  "updateDocumentByFile",
  { document_id: "doc-1", file_path: document },
  {
    path: `${DATASET}/documents/doc-1/update-by-file`,
    parts: [{ name: "data", base64: "e30=" }, documentPart],
  },
);
knowledge(
  "test_007_list_documents",
  "listDocuments",
  undefined,
  { path: `${DATASET}/documents`, query: [] },
  { data: [{ id: "doc-1" }] },
);
knowledge(
  "test_008_delete_document",
  "deleteDocument",
  { document_id: "doc-1" },
  { method: "DELETE", path: `${DATASET}/documents/doc-1` },
  null,
);
knowledge(
  "test_009_create_document_by_file",
  "createDocumentByFile",
  { file_path: document },
  { path: `${DATASET}/document/create-by-file`, parts: [{ name: "data", filename: null }, documentPart] },
);
knowledge(
  "test_010_add_segments",
  "addSegments",
  { document_id: "doc-1", segments: [{ content: "test text segment 1" }] },
  { path: `${DATASET}/documents/doc-1/segments`, json: { segments: [{ content: "test text segment 1" }] } },
  { data: [{ id: "seg-1", content: "test text segment 1" }] },
);
knowledge(
  "test_011_query_segments",
  "querySegments",
  { document_id: "doc-1" },
  { path: `${DATASET}/documents/doc-1/segments`, query: [] },
  { data: [] },
);
knowledge(
  "test_012_update_document_segment",
  "updateDocumentSegment",
  { document_id: "doc-1", segment_id: "seg-1", segment_data: { content: "updated" } },
  { path: `${DATASET}/documents/doc-1/segments/seg-1`, json: { segment: { content: "updated" } } },
  { data: { id: "seg-1", content: "updated" } },
);
knowledge(
  "test_013_delete_document_segment",
  "deleteDocumentSegment",
  { document_id: "doc-1", segment_id: "seg-1" },
  { method: "DELETE", path: `${DATASET}/documents/doc-1/segments/seg-1` },
  null,
);
knowledge("test_014_delete_dataset", "deleteDataset", undefined, { method: "DELETE", path: DATASET }, null);
knowledge(
  "test_list_datasets (integration)",
  "listDatasets",
  { page: 1, page_size: 20 },
  {
    path: "/v1/datasets",
    query: [
      ["page", "1"],
      ["limit", "20"],
    ],
  },
  { data: [{ id: "d1" }, { id: "d2" }] },
);

const chat = of("ChatClient");
const message = { inputs: {}, query: "Hello, World!", user: "test_user" };
const blocking = { response_mode: "blocking" };
const answered = { answer: "Hello! How can I help you?", conversation_id: "conv_123" };
chat(
  "test_create_chat_message",
  "createChatMessage",
  message,
  { path: "/v1/chat-messages", json: { ...message, ...blocking } },
  answered,
);
for (const [name, file] of [
  ["remote_url", imageUrl],
  ["local_file", imageFile],
] as const)
  chat(
    `test_create_chat_message_with_vision_model_by_${name}`,
    "createChatMessage",
    { ...message, files: [file] },
    { path: "/v1/chat-messages", json: { ...message, ...blocking, files: [file] } },
    answered,
  );
chat(
  "test_get_conversation_messages",
  "getConversationMessages",
  { user: "test_user", conversation_id: "conv_123" },
  {
    path: "/v1/messages",
    query: [
      ["user", "test_user"],
      ["conversation_id", "conv_123"],
    ],
  },
  { data: [{ id: "m1" }, { id: "m2" }] },
);
// Python sends three empty values more, which Dify answers with 400.
chat(
  "test_get_conversations",
  "getConversations",
  { user: "test_user" },
  { path: "/v1/conversations", query: [["user", "test_user"]] },
  { data: [{ id: "c1" }, { id: "c2" }] },
);
chat(
  "test_get_conversations_integration",
  "getConversations",
  { user: "test_user", limit: 10 },
  {
    path: "/v1/conversations",
    query: [
      ["user", "test_user"],
      ["limit", "10"],
    ],
  },
  { data: [] },
);

const completion = of("CompletionClient");
const inputs = { inputs: { query: "What is the weather like today?" }, user: "test_user" };
completion(
  "test_create_completion_message",
  "createCompletionMessage",
  { ...inputs, ...blocking },
  { path: "/v1/completion-messages", json: { ...inputs, ...blocking } },
  answered,
);
for (const [name, file] of [
  ["remote_url", imageUrl],
  ["local_file", imageFile],
] as const)
  completion(
    `test_create_completion_message_with_vision_model_by_${name}`,
    "createCompletionMessage",
    { ...inputs, ...blocking, files: [file] },
    { path: "/v1/completion-messages", json: { ...inputs, ...blocking, files: [file] } },
    answered,
  );

const dify = of("DifyClient");
dify(
  "test_get_app_info_integration",
  "getAppInfo",
  undefined,
  { path: "/v1/info", query: [] },
  { name: "Test App" },
);
dify(
  "test_get_application_parameters",
  "getApplicationParameters",
  { user: "test_user" },
  { path: "/v1/parameters", query: [["user", "test_user"]] },
  { opening_statement: "Hello!" },
);
dify(
  "test_message_feedback",
  "messageFeedback",
  { message_id: "msg_123", rating: "like", user: "test_user" },
  { path: "/v1/messages/msg_123/feedbacks", json: { rating: "like", user: "test_user" } },
);
dify(
  "test_file_upload",
  "fileUpload",
  { user: "test_user", files: { file: ["test.txt", Buffer.from("a document"), "text/plain"] } },
  { path: "/v1/files/upload", parts: [{ name: "user", filename: null }, documentPart] },
  { id: "file_123", name: "test.txt" },
);
dify(
  "test_file_upload_integration",
  "fileUpload",
  { user: "test_user", files: { file: ["test.txt", "test content", "text/plain"] } },
  {
    path: "/v1/files/upload",
    parts: [{ name: "user" }, { filename: "test.txt", base64: "dGVzdCBjb250ZW50" }],
  },
  { id: "file_123", name: "test.txt" },
);

const workflow = of("WorkflowClient");
const run = { inputs: { query: "test" }, response_mode: "blocking", user: "test_user" };
workflow(
  "test_run_workflow_blocking",
  "run",
  run,
  { path: "/v1/workflows/run", json: run },
  { data: { status: "succeeded", outputs: { result: "done" } } },
);
workflow(
  "test_get_workflow_logs",
  "getWorkflowLogs",
  { page: 1, limit: 20 },
  {
    path: "/v1/workflows/logs",
    query: [
      ["page", "1"],
      ["limit", "20"],
    ],
  },
  { data: [{ id: "log1" }] },
);
of("WorkspaceClient")(
  "test_get_available_models",
  "getAvailableModels",
  { model_type: "llm" },
  { path: "/v1/workspaces/current/models/model-types/llm", query: [] },
  { data: [{ provider: "openai" }] },
);

const PYTHON_ERRORS = [
  "DifyClientError",
  "APIError",
  "AuthenticationError",
  "RateLimitError",
  "ValidationError",
  "NetworkError",
  "TimeoutError",
  "FileUploadError",
  "DatasetError",
  "WorkflowError",
];

describe.each(FAMILIES)("Python's own scenarios, %s", (name, load) => {
  let family: FamilyUnderTest;
  let recorder: Recorder;
  const open: AnyClient[] = [];

  beforeAll(async () => {
    recorder = await startRecorder();
    family = load();
  });

  afterEach(async () => {
    for (const client of open.splice(0)) await family.close(client);
    await recorder.script();
    await recorder.take();
  });

  afterAll(() => recorder.stop());

  function make(className: string, options: object = {}): AnyClient {
    const more = className === "KnowledgeBaseClient" ? { datasetId: "ds-1" } : {};
    const client = family.client(className, "test_api_key", {
      baseUrl: recorder.baseUrl,
      ...more,
      ...options,
    });
    open.push(client);
    return client;
  }

  async function only(): Promise<RecordedRequest> {
    const requests = await recorder.take();
    expect(requests).toHaveLength(1);
    return requests[0] as RecordedRequest;
  }

  const failure = (
    client: AnyClient,
    method: string,
    ...args: unknown[]
  ): Promise<Error & Record<string, unknown>> =>
    family.call(client, method, ...args).then(
      () => {
        throw new Error("nothing was raised");
      },
      (error) => error,
    );

  const quick = { maxRetries: 0 };
  const user = { user: "test_user" };
  const like = { message_id: "m", rating: "like", ...user };

  test.each(SCENARIOS.map((scenario) => [`${scenario.class} ${scenario.title}`, scenario] as const))(
    "%s",
    async (_, { class: className, method, args, answer, sends, gives }) => {
      await recorder.script(answer);
      const response = (await family.call(make(className), method, args)) as AnyClient;
      expect(response.statusCode).toBe(answer.status);
      expect(response.json()).toEqual(gives);
      const { json, query, parts, path, method: sent = json || parts ? "POST" : "GET" } = sends;
      const request = await only();
      expect(request).toMatchObject({
        method: sent,
        path,
        headers: { authorization: "Bearer test_api_key" },
      });
      expect(request.json).toEqual(json);
      if (parts) expect(request.parts).toMatchObject(parts);
      else expect(request.headers["content-type"]).toBe("application/json");
      expect(request.query).toEqual(query ?? []);
    },
  );

  test("test_client_initialization: nothing is sent, and the key is not shown", async () => {
    const client = make("DifyClient");
    expect(client.baseUrl).toBe(recorder.baseUrl);
    expect(inspect(client) + JSON.stringify(client) + Object.keys(client)).not.toContain("test_api_key");
    expect(make("DifyClient", { baseUrl: `${recorder.baseUrl}/` }).baseUrl).toBe(recorder.baseUrl);
    expect(await recorder.take()).toEqual([]);
  });

  test("test_all_client_classes: each makes requests of its own", async () => {
    for (const className of Object.keys(CLASSES)) await family.call(make(className), "getAppInfo");
    expect((await recorder.take()).map((request) => request.path)).toEqual(Array(6).fill("/v1/info"));
  });

  const dispose = async (client: AnyClient) =>
    name === "async" ? client[Symbol.asyncDispose]() : client[Symbol.dispose]();

  test("test_context_manager: a request inside, closed after, and a second end does nothing", async () => {
    const client = make("ChatClient");
    await family.call(client, "createChatMessage", message);
    await dispose(client);
    await dispose(client);
    const error = await failure(client, "getMeta", user);
    expect(error).toBeInstanceOf(family.exports.DifyClientError);
    expect(error.message).toMatch(/closed/);
    expect(await recorder.take()).toHaveLength(1);
  });

  test("test_manual_close", async () => {
    const client = make("DifyClient");
    await family.close(client);
    await family.close(client);
    expect((await failure(client, "getMeta", user)).message).toMatch(/closed/);
    expect(await recorder.take()).toEqual([]);
  });

  test("test_nested_context_managers: each is closed for itself", async () => {
    const [outer, inner] = [make("DifyClient"), make("ChatClient")];
    await family.call(inner, "getMeta", user);
    await dispose(inner);
    await family.call(outer, "getMeta", user);
    await dispose(outer);
    for (const client of [outer, inner])
      expect((await failure(client, "getMeta", user)).message).toMatch(/closed/);
    expect(await recorder.take()).toHaveLength(2);
  });

  test("test_send_request: the two headers, on each kind of request", async () => {
    const client = make("DifyClient");
    await family.call(client, "getMeta", user);
    await family.call(client, "messageFeedback", like);
    for (const { headers } of await recorder.take()) {
      expect(headers.authorization).toBe("Bearer test_api_key");
      expect(headers["content-type"]).toBe("application/json");
    }
  });

  test("test_response_compatibility", async () => {
    const body = '{"key": "välue", "n": [1, null]}';
    await recorder.script({
      status: 201,
      body,
      headers: { "content-type": "application/json", "X-Custom": "1" },
    });
    const response = (await family.call(make("DifyClient"), "getAppInfo")) as AnyClient;
    expect(response.statusCode).toBe(201);
    expect(response.json()).toEqual({ key: "välue", n: [1, null] });
    expect(response.text).toBe(body);
    expect(Buffer.from(body).equals(response.content)).toBe(true);
    expect(response.headers).toMatchObject({ "x-custom": "1", "content-type": "application/json" });
    expect(response.raiseForStatus()).toBe(response);
  });

  test("test_json_parameter_handling and test_params_parameter_handling: values go unchanged", async () => {
    const client = make("ChatClient");
    const odd = { "": [null, true, 1.5, "é\n"], nested: { deep: [{}] }, "a b": "" };
    await family.call(client, "createChatMessage", { ...message, inputs: odd });
    await family.call(client, "getConversations", { user: "a b&c=é+%", limit: 0, pinned: false });
    const [posted, got] = await recorder.take();
    expect(posted?.json).toMatchObject({ inputs: odd });
    expect(got?.query).toEqual([
      ["user", "a b&c=é+%"],
      ["limit", "0"],
      ["pinned", "false"],
    ]);
  });

  test("test_list_datasets_httpx: without a knowledge base; what needs one says so", async () => {
    const client = make("KnowledgeBaseClient", { datasetId: undefined });
    await family.call(client, "listDatasets");
    const error = await failure(client, "listDocuments");
    expect(error).toBeInstanceOf(family.exports.ValidationError);
    expect(error.message).toMatch(/dataset id/);
    expect((await only()).path).toBe("/v1/datasets");
  });

  test("test_create_document_by_text: the knowledge base set after construction is used", async () => {
    const client = make("KnowledgeBaseClient", { datasetId: undefined });
    client.datasetId = "dataset_123";
    await family.call(client, "createDocumentByText", { name: "n", text: "t" });
    expect((await only()).path).toBe("/v1/datasets/dataset_123/document/create-by-text");
  });

  test("test_create_chat_message_streaming: each line when it is sent, not at the end", async () => {
    const line = (answer: string) => `data: ${JSON.stringify({ event: "message", answer })}\n\n`;
    await recorder.script({
      headers: { "content-type": "text/event-stream" },
      chunks: [
        [0, "event: ping\n\n"],
        [0, line("Hel")],
        [300, line("lo")],
        [300, line(" 日本")],
      ],
    });
    const client = make("ChatClient");
    const stream = (await family.call(client, "createChatMessage", {
      ...message,
      response_mode: "streaming",
    })) as AnyClient;
    expect(stream.statusCode).toBe(200);
    expect(stream.raiseForStatus()).toBe(stream);
    const lines: string[] = [];
    const times: number[] = [];
    const add = (text: string) => {
      lines.push(text);
      if (text.startsWith("data:")) times.push(performance.now());
    };
    const options = { decodeUnicode: true };
    if (name === "async") for await (const text of stream.aiterLines(options)) add(text);
    else for (const text of stream.iterLines(options)) add(text);
    const answers = lines
      .filter((text) => text.startsWith("data:"))
      .map((text) => JSON.parse(text.slice(5)).answer);
    expect(answers).toEqual(["Hel", "lo", " 日本"]);
    expect(lines[0]).toBe("event: ping");
    const [first = 0, second = 0, third = 0] = times;
    expect(second - first).toBeGreaterThan(100);
    expect(third - second).toBeGreaterThan(100);
  });

  test("test_create_completion_message_with_files: an object is no list, and is refused", async () => {
    const error = await failure(make("CompletionClient"), "createCompletionMessage", {
      ...inputs,
      files: imageUrl,
    });
    expect(error).toBeInstanceOf(family.exports.ValidationError);
    expect(error.message).toContain("files must be an array, got an object");
    expect(await recorder.take()).toEqual([]);
  });

  test.each(PYTHON_ERRORS)("test_exceptions: %s keeps its message, status and answer", (error) => {
    const { [error]: Class, DifyClientError, DifyResponse } = family.exports;
    const plain = new Class("Test message");
    expect(plain).toBeInstanceOf(DifyClientError);
    expect({ name: plain.name, message: plain.message }).toEqual({ name: error, message: "Test message" });
    expect([plain.statusCode, plain.response, plain.retryAfter]).toEqual([undefined, undefined, undefined]);
    const response = new DifyResponse({ statusCode: 400, headers: {}, content: Buffer.from("{}"), url: "" });
    const cause = new Error("cause");
    const full = new Class("m", { statusCode: 400, response, retryAfter: 60, cause });
    expect([full.statusCode, full.response, full.retryAfter, full.cause]).toEqual([400, response, 60, cause]);
    expect(String(full)).toBe(`${error}: m`);
  });

  test.each([
    [401, {}, "AuthenticationError", "Invalid API key"],
    [422, {}, "ValidationError", "Validation failed"],
    [429, { "retry-after": "60" }, "RateLimitError", "Rate limit exceeded"],
    [400, {}, "APIError", "Bad request"],
    [500, {}, "APIError", "Internal server error"],
  ])("test_error_integration: %i", async (status, headers, error, text) => {
    await recorder.script({ status, headers, body: { code: "some_code", message: text, status } });
    // Less than the server asks for: the error comes at once.
    const raised = await failure(make("DifyClient", { maxRetryAfter: 1_000 }), "messageFeedback", like);
    expect(raised).toBeInstanceOf(family.exports[error]);
    expect(raised).toMatchObject({ name: error, message: text, statusCode: status, code: "some_code" });
    expect((raised.response as AnyClient).json().message).toBe(text);
    // Milliseconds here; Python has the header's text.
    expect(raised.retryAfter).toBe(status === 429 ? 60_000 : undefined);
    await only();
  });

  test("test_error_response_without_json: what the server said is not lost", async () => {
    await recorder.script({ status: 500, body: "Internal Server Error" });
    const error = await failure(make("DifyClient", quick), "getAppInfo");
    expect(error).toBeInstanceOf(family.exports.APIError);
    expect(error.message).toBe("HTTP 500: Internal Server Error");
    expect(error.statusCode).toBe(500);
  });

  test("test_file_upload_error: a refused upload, whatever its path; another 400 is none", async () => {
    const client = make("ChatClient", quick);
    await recorder.script(
      ok({ message: "File upload failed" }, 400),
      ok({ message: "no" }, 415),
      ok({}, 400),
    );
    const upload = await failure(client, "fileUpload", "test_user", { file: ["a.txt", "x"] });
    expect(upload).toBeInstanceOf(family.exports.FileUploadError);
    expect(upload.message).toBe("File upload failed");
    const speech = await failure(client, "audioToText", { ...user, audio_file: ["a.mp3", "x"] });
    expect(speech).toBeInstanceOf(family.exports.FileUploadError);
    const preview = await failure(client, "getFilePreview", { file_id: "f" });
    expect(preview).toBeInstanceOf(family.exports.APIError);
  });

  const RESET: ScriptedAnswer = { reset: true };
  const HANG: ScriptedAnswer = { hang: true };

  test("test_successful_request_no_retry", async () => {
    await family.call(make("DifyClient"), "getAppInfo");
    await only();
  });

  test.each([
    ["test_retry_on_network_error", RESET, {}],
    ["test_retry_on_timeout_error", HANG, { timeout: 200 }],
  ])(
    "%s: two failures, then success; a POST that may have been done is not sent again",
    async (_, fault, limits) => {
      const client = make("DifyClient", { retryDelay: 5, ...limits });
      await recorder.script(fault, fault);
      const response = (await family.call(client, "getAppInfo")) as AnyClient;
      expect(response.statusCode).toBe(200);
      expect(await recorder.take()).toHaveLength(3);
      await recorder.script(fault, fault);
      const error = await failure(client, "messageFeedback", like);
      expect(error).toBeInstanceOf(family.exports[fault.hang ? "TimeoutError" : "NetworkError"]);
      await only();
      await recorder.script(fault, fault);
      await family.call(
        make("DifyClient", { retryDelay: 5, retryUnsafe: true, ...limits }),
        "messageFeedback",
        like,
      );
      expect(await recorder.take()).toHaveLength(3);
    },
  );

  test("test_max_retries_exceeded: four requests, then the error", async () => {
    await recorder.script(RESET, RESET, RESET, RESET);
    const error = await failure(make("DifyClient", { retryDelay: 5 }), "getAppInfo");
    expect(error).toBeInstanceOf(family.exports.NetworkError);
    expect(await recorder.take()).toHaveLength(4);
  });

  test("test_no_retry_on_client_error", async () => {
    await recorder.script(ok({ message: "Invalid API key" }, 401));
    const error = await failure(make("DifyClient", { retryDelay: 5 }), "getAppInfo");
    expect(error).toBeInstanceOf(family.exports.AuthenticationError);
    await only();
  });

  test("test_retry_on_server_error: Python never; here a GET is sent again, a POST is not", async () => {
    const client = make("DifyClient", { retryDelay: 5 });
    await recorder.script(ok({ message: "down" }, 500), ok({ message: "down" }, 503));
    await family.call(client, "getAppInfo");
    expect(await recorder.take()).toHaveLength(3);
    await recorder.script(ok({ message: "down" }, 500));
    const error = await failure(client, "messageFeedback", like);
    expect(error).toMatchObject({ name: "APIError", message: "down", statusCode: 500 });
    await only();
  });

  test("test_exponential_backoff: the delays' bounds double; what is waited is a random part", async () => {
    await recorder.script(RESET, RESET, RESET);
    await family.call(make("DifyClient", { retryDelay: 100 }), "getAppInfo");
    const times = (await recorder.take()).map((request) => request.at);
    expect(times).toHaveLength(4);
    const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
    for (const [i, gap] of gaps.entries()) expect(gap).toBeLessThan(100 * 2 ** i + 150);
  });

  // Python's sync family refuses all of these; the server takes them.
  test.each([
    ["test_empty_string_validation", { query: "" }],
    ["test_whitespace_only_string_validation", { query: " \t\n" }],
    ["test_long_string_validation", { query: "a".repeat(10_001) }],
    ["test_large_list_validation", { files: Array(1_001).fill(imageUrl) }],
    [
      "test_large_dict_validation",
      { inputs: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`k${i}`, i])) },
    ],
    ["test_valid_parameters_pass", { inputs: { n: null, s: "x", i: 1, l: [1], d: { a: 1 } } }],
  ])("%s: no invented limits", async (_, args) => {
    await family.call(make("ChatClient"), "createChatMessage", { ...message, ...args });
    expect((await only()).json).toEqual({ ...message, ...blocking, ...args });
  });

  test.each([
    ["DifyClient", "messageFeedback", like, "rating", "invalid"],
    ["CompletionClient", "createCompletionMessage", inputs, "inputs", "not an object"],
    ["CompletionClient", "createCompletionMessage", inputs, "response_mode", "invalid"],
    ["CompletionClient", "createCompletionMessage", inputs, "user", 5],
    ["CompletionClient", "createCompletionMessage", inputs, "files", "x"],
    ["ChatClient", "createChatMessage", message, "inputs", "not an object"],
    ["ChatClient", "createChatMessage", message, "query", 5],
    ["ChatClient", "createChatMessage", message, "user", null],
    ["ChatClient", "createChatMessage", message, "response_mode", "invalid"],
    ["ChatClient", "createChatMessage", message, "conversation_id", {}],
    ["ChatClient", "createChatMessage", message, "files", { 0: imageUrl }],
  ])("test_validation: %s.%s refuses %#", async (className, method, args, argument, value) => {
    const error = await failure(make(className), method, { ...args, [argument]: value });
    expect(error).toBeInstanceOf(family.exports.ValidationError);
    expect(error.message).toMatch(new RegExp(`^${method}: ${argument} `));
    expect(await recorder.take()).toEqual([]);
  });
});

test.each(Object.keys(CLASSES))("test_api_parity: %s has the same methods in both families", (className) => {
  const names = (family: FamilyUnderTest, closing: string) => {
    const found = new Set<string>();
    for (let at = family.client(className, "key"); at !== Object.prototype; at = Object.getPrototypeOf(at))
      for (const key of Object.getOwnPropertyNames(at)) if (key !== closing) found.add(key);
    return [...found].sort();
  };
  expect(names(asyncFamily(), "aclose")).toEqual(names(syncFamily(), "close"));
});

test.each(["ChatClient", "CompletionClient", "WorkflowClient", "WorkspaceClient", "KnowledgeBaseClient"])(
  "test_inheritance_chain: %s",
  (className) => {
    expect(syncFamily().client(className, "key")).toBeInstanceOf(syncFamily().exports.DifyClient);
    expect(asyncFamily().client(className, "key")).toBeInstanceOf(asyncFamily().exports.AsyncDifyClient);
  },
);

describe("test_models: each of Python's models is a type of its name", () => {
  const entry = path.join(__dirname, "..", "lib", "types", "index.ts");
  const program = ts.createProgram([entry], {
    lib: ["lib.es2022.d.ts"],
    types: [],
    strict: true,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
  });
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(entry) as ts.SourceFile);
  const types = new Map(
    checker.getExportsOfModule(module as ts.Symbol).map((symbol) => [symbol.name, symbol]),
  );

  test.each(Object.keys(MODELS))("%s", (model) => {
    const symbol = types.get(model) as ts.Symbol;
    expect(symbol).toBeDefined();
    const aliased = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const type = checker.getDeclaredTypeOfSymbol(aliased);
    const members = type.isUnion() ? type.types : [type];
    for (const member of members) expect(checker.getPropertiesOfType(member).length).toBeGreaterThan(0);
  });

  test("there are 28 of them", () => {
    expect(Object.keys(MODELS)).toHaveLength(28);
  });
});
