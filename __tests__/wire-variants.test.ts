import { type Recorder, startRecorder } from "./helpers/recorder";
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
  if (name === "files") return [[], [{ type: "image" }], {}, "x", null];
  const values = VALUES.find(([pattern]) => pattern.test(type ?? "null"))?.[1];
  if (!values) throw new Error(`no values for ${type}`);
  const ids = isInPath(http, name) || name.endsWith("_id") ? IDS : [];
  return [null, ...values, ...ids];
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

function fieldsOf(parts: { name: string; filename: string | null; content: unknown }[]) {
  const fields = parts.filter((part) => part.filename === null);
  return Object.fromEntries(
    fields.map(({ name, content }) => [
      name,
      typeof content === "string" ? Buffer.from(content, "base64").toString() : content,
    ]),
  );
}
