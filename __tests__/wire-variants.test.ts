import { type RecordedRequest, type Recorder, startRecorder } from "./helpers/recorder";
import { type AnyClient, FAMILIES, type FamilyUnderTest } from "./helpers/recorder-families";
import { formFieldsFor, isInPath, requestFor } from "./helpers/recorder-oracle";
import {
  CALLS,
  CLASSES,
  essence,
  expectedOf,
  FixtureFiles,
  methodOf,
  type PythonCall,
  type PythonMethod,
  translate,
} from "./helpers/recorder-python";

const files = new FixtureFiles();
afterAll(() => files.remove());

const knowledgeBase = (call: PythonCall) => call.client?.dataset_id ?? "";

test("the rules say of the 245 calls what was recorded", () => {
  expect(CALLS).toHaveLength(245);
  for (const call of CALLS) {
    const args = translate(call, files);
    const { parts, ...recorded } = expectedOf(call, args);
    const method = methodOf(call.class, call.method);
    expect(requestFor(method, args, knowledgeBase(call))).toEqual(recorded);
    const fields = parts
      ?.filter((part) => part.filename === null)
      .map(({ name, content }) => [name, content]);
    const text = (value: unknown) =>
      typeof value === "string" ? Buffer.from(value).toString("base64") : value;
    const entries = Object.entries(formFieldsFor(method, args)).map(([name, value]) => [name, text(value)]);
    expect(entries).toEqual(fields ?? []);
  }
});

// By kind of parameter, what is unusual and must go as it would from Python, or be refused by the rules.
const TEXTS = [
  "",
  " ",
  "a b+c&d=e?f#g%h;i,j",
  "日本語🙂 \t\n",
  "'!()*~",
  '\\"',
  "%2e%2e",
  "x".repeat(10_001),
  5,
  false,
  [],
];
const IDS = ["../x", "a?b=c", "a#b", "a%2Fb", "..", ".", "...", " ", ":@&=+$,", "ü/é🙂", ""];
const VALUES: [type: RegExp, values: unknown[]][] = [
  [/^str|^null/, TEXTS],
  [/^Literal/, ["blocking", "streaming", "like", "enable", "archive", "stopped", "bogus", "", 0, true]],
  [/^int/, [0, -1, 1, 2 ** 53 - 1, 1.5, "5", true]],
  [/^float/, [0, 1, 0.1, 1e21, 1e-7, -0.5, "0.5"]],
  [/^bool/, [false, true, 0, 1, "true"]],
  [
    /^(Dict|dict)/,
    [{}, { a: null }, Object.fromEntries(Array.from({ length: 101 }, (_, i) => [i, i])), [], "x"],
  ],
  [/^List\[str\]/, [[], ["a"], ["é", ""], Array(1001).fill("x"), "x", [1], {}]],
  [/^(List|list)/, [[], [{ a: 1 }, 2, null], Array(1001).fill({}), {}, "x"]],
  [/^Any/, ["", 0, false, [], {}, 1.5, "x", [[[]]]]],
];

function valuesFor({ http }: PythonMethod, name: string, type: string | null): unknown[] {
  if (name === "files") return [undefined, null, [], [{ type: "image" }], {}, "x"];
  const values = VALUES.find(([pattern]) => pattern.test(type ?? "null"))?.[1];
  if (!values) throw new Error(`no values for ${type}`);
  const ids = isInPath(http, name) || name.endsWith("_id") ? IDS : [];
  return [undefined, null, ...values, ...ids];
}

/** One argument of a sound call put to each unusual value. */
function* variants(method: PythonMethod, sound: Record<string, unknown>) {
  for (const { name, type } of method.params) {
    if (name === "file_path" || name === "audio_file" || (name === "files" && method.parts)) continue;
    for (const value of valuesFor(method, name, type)) yield { name, args: { ...sound, [name]: value } };
  }
}

const methods = Object.entries(CLASSES).flatMap(([owner, { methods }]) =>
  methods.filter((method) => method.params.length > 0).map((method) => [owner, method] as const),
);

describe.each(FAMILIES)("unusual values, %s", (_, load) => {
  const clients = new Map<string, AnyClient>();
  let family: FamilyUnderTest;
  let recorder: Recorder;

  beforeAll(async () => {
    recorder = await startRecorder();
    family = load();
    for (const owner of Object.keys(CLASSES))
      clients.set(owner, family.client(owner, "app-test-key", { baseUrl: recorder.baseUrl }));
    clients.get("KnowledgeBaseClient").datasetId = "ds-1";
  });

  afterAll(async () => {
    for (const client of clients.values()) await family.close(client);
    await recorder.stop();
  });

  test.each(methods.map(([owner, method]) => [`${owner}.${method.name}`, owner, method] as const))(
    "%s",
    async (_, owner, method) => {
      const call = CALLS.find(
        ({ class: c, method: m, args }) => c === owner && m === method.python && args.length,
      );
      const sound = call ? translate(call, files) : {};
      const expected: unknown[] = [];
      for (const { name, args } of variants(method, sound)) {
        const request = requestFor(method, args, "ds-1");
        const answer = family.call(clients.get(owner), method.name, args);
        if (request) {
          await answer;
          expected.push({ ...request, ...(method.parts ? { fields: formFieldsFor(method, args) } : {}) });
        } else {
          await expect(answer).rejects.toBeInstanceOf(family.exports.ValidationError);
          await expect(answer).rejects.toMatchObject({ message: expect.stringContaining(name) });
        }
      }
      const sent = (await recorder.take()).map((record) => {
        const { parts, ...rest } = essence(record);
        return { ...rest, ...(parts ? { fields: fieldsOf(parts) } : {}) };
      });
      expect(sent).toEqual(expected);
    },
  );
});

describe.each(FAMILIES)("what the server takes beyond Python's arguments, %s", (_, load) => {
  let family: FamilyUnderTest;
  let recorder: Recorder;
  const clients: AnyClient[] = [];

  beforeAll(async () => {
    recorder = await startRecorder();
    family = load();
  });

  afterAll(async () => {
    for (const client of clients) await family.close(client);
    await recorder.stop();
  });

  async function sent(className: string, method: string, ...args: unknown[]): Promise<RecordedRequest> {
    const more = className === "KnowledgeBaseClient" ? { datasetId: "ds-1" } : {};
    const client = family.client(className, "key", { baseUrl: recorder.baseUrl, ...more });
    clients.push(client);
    await family.call(client, method, ...args);
    const [record, ...others] = await recorder.take();
    expect({ record, others }).toEqual({ record: expect.anything(), others: [] });
    return record as RecordedRequest;
  }

  test("fields of the API that Python's methods lack", async () => {
    const listed = await sent("KnowledgeBaseClient", "listDatasets", {
      keyword: "k",
      include_all: true,
      tag_ids: ["t1", "t 2"],
    });
    expect(listed.target).toBe(
      "/v1/datasets?page=1&limit=20&keyword=k&include_all=true&tag_ids=t1&tag_ids=t%202",
    );
    const segments = await sent("KnowledgeBaseClient", "querySegments", {
      document_id: "d",
      status: ["completed", "error"],
      page: 2,
      limit: 5,
    });
    expect(segments.query).toEqual([
      ["status", "completed"],
      ["status", "error"],
      ["page", "2"],
      ["limit", "5"],
    ]);
    const bound = await sent("KnowledgeBaseClient", "bindDatasetTags", {
      tag_ids: ["t"],
      target_id: "other",
    });
    expect(bound.json).toEqual({ tag_ids: ["t"], target_id: "other" });
    const created = await sent("KnowledgeBaseClient", "createDocumentByText", {
      name: "n",
      text: "t",
      process_rule: { mode: "custom" },
      doc_form: "qa_model",
      extra_params: { doc_form: "text_model", more: null },
    });
    expect(created.json).toEqual({
      indexing_technique: "high_quality",
      process_rule: { mode: "custom" },
      name: "n",
      text: "t",
      doc_form: "text_model",
      more: null,
    });
    const preview = await sent("DifyClient", "getFilePreview", {
      file_id: "f",
      as_attachment: true,
      user: "u",
    });
    expect(preview.target).toBe("/v1/files/f/preview?as_attachment=true&user=u");
  });

  test("extraBody, extraQuery and headers of a call", async () => {
    const options = {
      extraBody: { query: "other", fresh: { a: [null] } },
      extraQuery: { a: ["x", 2], b: null, c: false, "d e": "ü&" },
      headers: { "X-Trace": "1", Accept: "text/plain" },
    };
    const chat = await sent(
      "ChatClient",
      "createChatMessage",
      { inputs: {}, query: "q", user: "u" },
      options,
    );
    expect(chat.json).toEqual({
      inputs: {},
      query: "other",
      user: "u",
      response_mode: "blocking",
      fresh: { a: [null] },
    });
    expect(chat.target).toBe("/v1/chat-messages?a=x&a=2&c=false&d%20e=%C3%BC%26");
    expect(chat.headers).toMatchObject({ "x-trace": "1", accept: "text/plain" });
    const file = ["a.txt", "x"];
    const uploaded = await sent("KnowledgeBaseClient", "createDocumentByFile", { file_path: file }, options);
    const data = Buffer.from(uploaded.parts?.[0]?.base64 ?? "", "base64").toString();
    expect(JSON.parse(data)).toMatchObject({ indexing_technique: "high_quality", fresh: { a: [null] } });
  });

  test("values are read once, and toJSON speaks for its object", async () => {
    let reads = 0;
    const inputs = {
      get once() {
        reads++;
        return reads;
      },
      date: new Date(0),
      left: undefined,
      boxed: new Number(5),
      bare: Object.assign(Object.create(null), { a: 1 }),
    };
    const run = await sent("WorkflowClient", "run", { inputs, response_mode: "blocking" });
    expect(run.json).toMatchObject({
      inputs: { once: 1, date: "1970-01-01T00:00:00.000Z", boxed: 5, bare: { a: 1 } },
    });
    expect(Object.keys((run.json as { inputs: object }).inputs)).not.toContain("left");
    expect(reads).toBe(1);
  });
});

function fieldsOf(parts: { name: string; filename: string | null; content: unknown }[]) {
  const fields = parts.filter((part) => part.filename === null);
  return Object.fromEntries(
    fields.map(({ name, content }) => [
      name,
      typeof content === "string" ? Buffer.from(content, "base64").toString() : content,
    ]),
  );
}
