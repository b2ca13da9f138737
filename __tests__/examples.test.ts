import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { AsyncChatClient, AsyncKnowledgeBaseClient } from "../lib";
import { type FakeDify, type FakeDifyKeys, startFakeDify } from "../testing";

const examples = path.join(__dirname, "..", "examples");
let fake: FakeDify;
let folder: string;

beforeEach(async () => {
  fake = await startFakeDify({ pace: 5, tail: 0 });
  folder = mkdtempSync(path.join(tmpdir(), "dify-dual-examples-"));
});

afterEach(async () => {
  await fake.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  /** When each piece of the standard output came. */
  pieces: { text: string; at: number }[];
}

/** Runs a program of `examples` to its end. */
function run(program: string, args: string[], env: Record<string, string>, input = ""): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(examples, program), ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...env },
      timeout: 30_000,
    });
    const outcome: Outcome = { code: null, stdout: "", stderr: "", pieces: [] };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      outcome.stdout += text;
      outcome.pieces.push({ text, at: performance.now() });
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      outcome.stderr += text;
    });
    child.once("error", reject);
    child.once("close", (code) => resolve({ ...outcome, code }));
    child.stdin.end(input);
  });
}

/** The environment of a program that uses one of the fake's apps. */
const env = (app: keyof FakeDifyKeys) => ({
  DIFY_BASE_URL: fake.baseUrl,
  DIFY_API_KEY: fake.keys[app],
  DIFY_DATASET_API_KEY: fake.keys.dataset,
  DIFY_DATASET_ID: fake.datasetId,
});

/** The objects of a file of JSON lines. */
const jsonLines = (name: string) =>
  readFileSync(path.join(folder, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const succeeded = { code: 0, stderr: "" };
const bothFamilies = (name: string) => [[`${name}.js`], [`${name}-async.js`]];

describe.each(bothFamilies("chat-loop"))("%s", (program) => {
  test("keeps the conversation from line to line, until a new one is asked for", async () => {
    const outcome = await run(program, [], env("chatflow"), "Hello\nAgain\n/new\nAnd anew");
    expect(outcome).toMatchObject(succeeded);
    const turns = [...outcome.stdout.matchAll(/asked: (.+?)\. Topic.*Conversation: (\S+)\. Turn (\d)/g)];
    expect(turns.map(([, query, , turn]) => [query, turn])).toEqual([
      ["Hello", "1"],
      ["Again", "2"],
      ["And anew", "1"],
    ]);
    const ids = turns.map(([, , id]) => id);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(outcome.stdout).toContain(`conversation_id: ${ids[2]}`);
  });

  test("goes on with a given conversation, and over a refused message", async () => {
    const client = new AsyncChatClient(fake.keys.chat, fake.baseUrl);
    const first = await client.createChatMessage({ inputs: {}, query: "one", user: "chat-loop" });
    const { conversation_id } = first.json();
    expect(await run(program, [conversation_id], env("chat"), "two\n")).toMatchObject(succeeded);
    const messages = await client.getConversationMessages({ user: "chat-loop", conversation_id });
    expect(messages.json().data.map(({ query }) => query)).toEqual(["one", "two"]);
    const unknown = "00000000-0000-4000-8000-000000000000";
    const refused = await run(program, [unknown], env("chat"), "lost\n/new\nfound\n");
    expect(refused).toMatchObject(succeeded);
    expect(refused.stdout).toContain("[APIError: Conversation Not Exists.");
    expect(refused.stdout).toContain("You said: found.");
    await client.aclose();
  });
});

describe.each(bothFamilies("knowledge-sync"))("%s", (program) => {
  test("creates, then keeps, then updates, and waits for the index", async () => {
    const texts = path.join(folder, "texts");
    cpSync(path.join(examples, "data", "handbook"), texts, { recursive: true });
    const first = await run(program, [texts], env("chat"));
    expect(first).toMatchObject(succeeded);
    expect(first.stdout).toContain("create opening-hours.txt");
    expect(first.stdout).toContain("create returns.txt");
    expect(first.stdout.match(/indexed, \d+ segments/g)).toHaveLength(2);
    expect(first.stdout).toContain("documents now: 4");

    writeFileSync(path.join(texts, "returns.txt"), "Nothing can be returned any more.");
    const second = await run(program, [texts], env("chat"));
    expect(second).toMatchObject(succeeded);
    expect(second.stdout).toContain("keep opening-hours.txt");
    expect(second.stdout).toContain("update returns.txt");
    expect(second.stdout).toContain("documents now: 4");

    const client = new AsyncKnowledgeBaseClient(fake.keys.dataset, fake.datasetId, { baseUrl: fake.baseUrl });
    const documents = (await client.listDocuments({ keyword: "returns" })).json().data;
    expect(documents).toMatchObject([{ name: "returns.txt", indexing_status: "completed" }]);
    const segments = await client.querySegments({ document_id: documents[0]?.id ?? "" });
    expect(segments.json().data.map(({ content }) => content)).toEqual(["Nothing can be returned any more."]);
    await client.aclose();
  });
});

describe.each(bothFamilies("workflow-batch"))("%s", (program) => {
  test("runs once for each line, refused ones too, in the order of the lines", async () => {
    const inputs = path.join(examples, "data", "inputs.jsonl");
    const outcome = await run(program, [inputs, "results.jsonl"], env("workflow"));
    expect(outcome).toMatchObject(succeeded);
    expect(outcome.stdout).toContain("4 of 5 succeeded");
    const greeting = (name: string) => ({
      inputs: { text: name },
      status: "succeeded",
      outputs: { result: `Hello ${name}!` },
    });
    expect(jsonLines("results.jsonl")).toMatchObject([
      greeting("Ada"),
      greeting("Grace"),
      greeting("Edsger"),
      greeting("Barbara"),
      { inputs: {}, status: "refused", error: expect.stringContaining("text is required") },
    ]);
  });
});

describe.each(bothFamilies("annotation-import"))("%s", (program) => {
  test("creates what is new, and changes what has another answer", async () => {
    const file = path.join(folder, "faq.csv");
    cpSync(path.join(examples, "data", "faq.csv"), file);
    expect(await run(program, [file], env("chat"))).toMatchObject({
      ...succeeded,
      stdout: "3 created, 0 updated, 0 unchanged\n",
    });
    writeFileSync(file, readFileSync(file, "utf8").replace("9 to 17", "10 to 18"));
    expect(await run(program, [file], env("chat"))).toMatchObject({
      ...succeeded,
      stdout: "0 created, 1 updated, 2 unchanged\n",
    });
    const client = new AsyncChatClient(fake.keys.chat, fake.baseUrl);
    const annotations = (await client.listAnnotations({})).json().data;
    expect(annotations.map(({ question, answer }) => [question, answer])).toEqual(
      expect.arrayContaining([
        ["When are you open?", "Monday to Friday, 10 to 18 o'clock"],
        ["How do I return an article?", expect.stringContaining('print the label "return" and')],
        ["Do you ship abroad?", "Yes:\nto all countries of the European Union."],
      ]),
    );
    await client.aclose();
  });
});

describe.each(bothFamilies("export-conversations"))("%s", (program) => {
  beforeEach(async () => {
    await fake.close();
    fake = await startFakeDify({ pace: 0, tail: 0 });
  });

  test("writes all conversations and messages of a user, beyond the first pages", async () => {
    const client = new AsyncChatClient(fake.keys.chat, fake.baseUrl);
    const ask = async (query: string, conversation_id = "", user = "Eva") => {
      const answer = await client.createChatMessage({ inputs: {}, query, user, conversation_id });
      return answer.json().conversation_id;
    };
    // A page holds a hundred.
    for (let number = 0; number < 102; number++) await ask(`conversation ${number}`);
    const long = await ask("message 0");
    for (let number = 1; number < 105; number++) await ask(`message ${number}`, long);
    await ask("not Eva's", "", "Adam");
    await client.aclose();

    const outcome = await run(program, ["Eva", "export.jsonl"], env("chat"));
    expect(outcome).toMatchObject({ ...succeeded, stdout: "103 conversations with 207 messages\n" });
    const exported = jsonLines("export.jsonl") as { id: string; messages: { query: string }[] }[];
    expect(new Set(exported.map(({ id }) => id)).size).toBe(103);
    const queries = exported.find(({ id }) => id === long)?.messages.map(({ query }) => query);
    expect(queries).toEqual(Array.from({ length: 105 }, (_, number) => `message ${number}`));
  });
});

test("every program has its test here, and says how it is called", async () => {
  const source = readFileSync(__filename, "utf8");
  const programs = readdirSync(examples).filter((name) =>
    existsSync(path.join(examples, name.replace(/\.js$/, "-async.js"))),
  );
  const named = programs.filter((name) => name.endsWith(".js") && !name.endsWith("-async.js"));
  expect(named).toHaveLength(5);
  for (const name of named) {
    expect(source).toContain(`bothFamilies("${name.replace(".js", "")}")`);
    if (name === "chat-loop.js") continue;
    for (const program of [name, name.replace(".js", "-async.js")]) {
      const outcome = await run(program, [], env("chat"));
      expect(outcome.code).toBe(1);
      expect(outcome.stderr).toContain(`usage: node examples/${program}`);
    }
  }
});

test("with-fake.js runs another program against a fake of its own", async () => {
  const args = [
    "workflow",
    path.join(examples, "workflow-batch.js"),
    path.join(examples, "data", "inputs.jsonl"),
    "r.jsonl",
  ];
  const outcome = await run("with-fake.js", args, {});
  expect(outcome).toMatchObject(succeeded);
  expect(outcome.stdout).toContain("4 of 5 succeeded");
  expect(await run("with-fake.js", ["nothing", "x.js"], {})).toMatchObject({ code: 1 });
});

describe("start.js", () => {
  const TITLES = 11;

  test("does every step in both families against the fake, and sums up", async () => {
    const outcome = await run("start.js", [], {});
    expect(outcome).toMatchObject(succeeded);
    const { stdout } = outcome;
    const [steps = "", summary = ""] = stdout.split("\nSummary");
    expect(steps.match(/^\d+\. /gm)).toHaveLength(2 * TITLES);
    expect(stdout).not.toMatch(/skipped:|FAILED|undefined|NaN/);
    expect(summary.match(/^ ?\d+\. .*\d+ ms +\d+ ms$/gm)).toHaveLength(TITLES);
    expect(summary.match(/^ +asked +\S/gm)).toHaveLength(TITLES);
    expect(summary.match(/^ +answered +\S/gm)).toHaveLength(TITLES);
    expect(summary).toContain("22 steps went well, 0 were skipped, 0 failed.");

    // Streams appear word by word: the pieces of such an answer come one after the other, in both families.
    const words = outcome.pieces.filter(({ text }) => /^(fake|model|answering|several) ?$/.test(text));
    expect(words.length).toBeGreaterThanOrEqual(12);
  }, 60_000);

  test("talks to the Dify of the environment, and skips what the keys are not for", async () => {
    const { DIFY_API_KEY, DIFY_BASE_URL } = env("workflow");
    const outcome = await run("start.js", [], { DIFY_API_KEY, DIFY_BASE_URL });
    expect(outcome).toMatchObject(succeeded);
    expect(outcome.stdout).toContain(`Dify: ${fake.baseUrl}, a workflow app`);
    expect(outcome.stdout).toContain('{"result":"Hello Ada!"');
    expect(outcome.stdout).toContain(
      "skipped: needs a completion app; the key in DIFY_API_KEY is for a workflow app",
    );
    expect(outcome.stdout).toContain("skipped: DIFY_DATASET_API_KEY and DIFY_DATASET_ID are not both set");
    expect(outcome.stdout).not.toContain("FAILED");
  });

  test.each(["chat", "agentChat", "chatflow", "completion"] as const)("copes with a %s app", async (app) => {
    const outcome = await run("start.js", [], env(app));
    expect(outcome).toMatchObject(succeeded);
    expect(outcome.stdout).toContain("and a knowledge base");
    expect(outcome.stdout).not.toContain("FAILED");
  });

  test("works with a knowledge key alone", async () => {
    const { DIFY_API_KEY: _, ...environment } = env("chat");
    const outcome = await run("start.js", [], environment);
    expect(outcome).toMatchObject(succeeded);
    expect(outcome.stdout).toContain("fake handbook, 2 documents");
    expect(outcome.stdout).toContain("DIFY_API_KEY is not set");
  });

  test("fails with a clear message: a wrong key, a server that is not there, a step that goes wrong", async () => {
    const wrongKey = await run("start.js", [], { ...env("chat"), DIFY_API_KEY: "app-wrong" });
    expect(wrongKey).toMatchObject({ code: 1, stderr: expect.stringContaining("Access token is invalid") });
    const nowhere = await run("start.js", [], { ...env("chat"), DIFY_BASE_URL: "http://127.0.0.1:9/v1" });
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining("127.0.0.1:9") });
    const wrongStep = await run("start.js", [], {
      ...env("workflow"),
      DIFY_DATASET_API_KEY: "dataset-wrong",
    });
    expect(wrongStep).toMatchObject({ code: 1, stderr: "Not all steps went well.\n" });
    expect(wrongStep.stdout).toContain("FAILED: AuthenticationError: ");
    expect(wrongStep.stdout).toContain("4 steps went well, 16 were skipped, 2 failed.");
    const { DIFY_BASE_URL, DIFY_DATASET_API_KEY } = env("chat");
    const nothing = await run("start.js", [], { DIFY_BASE_URL, DIFY_DATASET_API_KEY });
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining("No step could be run") });
  });
});
