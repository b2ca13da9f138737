import { execFile, execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { type FakeDifyKeys, startFakeDify } from "../testing";

/** A fenced block of JavaScript or TypeScript. */
interface Block {
  /** For instance `README.md:35`. */
  at: string;
  language: "js" | "ts";
  /** Whose key `DIFY_API_KEY` is: the comment in front of the block says it. */
  app: keyof FakeDifyKeys;
  source: string;
  /** The name of its file, without the extension. */
  name: string;
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

const root = path.join(__dirname, "..");
const compiler = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");
const PAGES = [
  "README.md",
  "examples/README.md",
  ...readdirSync(path.join(root, "docs")).map((name) => path.join("docs", name)),
].filter((name) => name.endsWith(".md"));
// A language outside of these would be a block that nobody runs.
const NOT_RUN = ["sh", "python", "json"];

const blocks = PAGES.flatMap(blocksOf);
let project: string;
let complaints: Map<string, string[]>;
const outcomes = new Map<string, Outcome>();

function blocksOf(page: string): Block[] {
  const lines = readFileSync(path.join(root, page), "utf8").split("\n");
  const found: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(\s*)(?:```|~~~)(.*)$/.exec(lines[i] as string);
    if (!fence) continue;
    const language = fence[2]?.trim() ?? "";
    const begin = i + 1;
    if (fence[0] !== `\`\`\`${language}`)
      throw new Error(`${page}:${begin}: write the fence as \`\`\`language`);
    const end = lines.indexOf("```", begin);
    if (end < 0) throw new Error(`${page}:${begin}: the block does not end`);
    i = end;
    if (NOT_RUN.includes(language)) continue;
    if (language !== "js" && language !== "ts") {
      throw new Error(`${page}:${begin}: a block of ${JSON.stringify(language)} is neither run nor known`);
    }
    const app = /^<!-- app: (\w+) -->$/.exec(lines[begin - 2] ?? "")?.[1];
    if (!app) throw new Error(`${page}:${begin}: no <!-- app: ... --> in front of the block`);
    found.push({
      at: `${page}:${begin}`,
      language,
      app: app as keyof FakeDifyKeys,
      source: `${lines.slice(begin, end).join("\n")}\n`,
      name: `${page.replace(/\W+/g, "-")}-${begin}`,
    });
  }
  return found;
}

const isModule = ({ source }: Block) => /^import\s/m.test(source);

/** A project of a user's, with the package and Node's types in its `node_modules`. */
beforeAll(async () => {
  project = mkdtempSync(path.join(tmpdir(), "dify-dual-docs-"));
  mkdirSync(path.join(project, "node_modules"));
  symlinkSync(root, path.join(project, "node_modules", "dify-dual"));
  symlinkSync(path.join(root, "node_modules", "@types"), path.join(project, "node_modules", "@types"));
  writeFileSync(path.join(project, "picture.png"), Buffer.from("89504e470d0a1a0a", "hex"));
  for (const block of blocks) {
    const extension = block.language === "ts" ? "mts" : isModule(block) ? "mjs" : "cjs";
    writeFileSync(path.join(project, `${block.name}.${extension}`), block.source);
  }
  compile();
  // Two at a time: most of the time goes by in answers that come word by word.
  const queue = blocks.values();
  const work = async () => {
    for (const block of queue) outcomes.set(block.at, await run(block));
  };
  await Promise.all([work(), work()]);
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Compiles all TypeScript at once, strictly, and keeps what the compiler says of each file. */
function compile(): void {
  const options = {
    compilerOptions: {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      target: "es2022",
      module: "nodenext",
      types: ["node"],
      rootDir: ".",
    },
    include: ["*.mts"],
  };
  writeFileSync(path.join(project, "tsconfig.json"), JSON.stringify(options));
  complaints = new Map();
  try {
    execFileSync(process.execPath, [compiler, "-p", project, "--pretty", "false"], { encoding: "utf8" });
  } catch (error) {
    const { stdout = "" } = error as { stdout?: string };
    for (const line of stdout.split("\n")) {
      const name = /^([^(]+)\.mts\(/.exec(line)?.[1];
      const key = name === undefined ? "" : path.basename(name);
      if (line.trim() !== "") complaints.set(key, [...(complaints.get(key) ?? []), line]);
    }
    if (complaints.size === 0) throw error;
  }
}

/** Runs a block as a program of its own, against a fake Dify of its own. */
async function run(block: Block): Promise<Outcome> {
  const fake = await startFakeDify({ pace: 10, tail: 0 });
  const key = fake.keys[block.app];
  if (!key) throw new Error(`${block.at}: there is no app ${block.app}`);
  const extension = block.language === "ts" || isModule(block) ? "mjs" : "cjs";
  const env = {
    PATH: process.env.PATH,
    DIFY_BASE_URL: fake.baseUrl,
    DIFY_API_KEY: key,
    DIFY_DATASET_API_KEY: fake.keys.dataset,
    DIFY_DATASET_ID: fake.datasetId,
  };
  try {
    const program = path.join(project, `${block.name}.${extension}`);
    const options = { cwd: project, env, timeout: 30_000, encoding: "utf8" } as const;
    return { code: 0, ...(await promisify(execFile)(process.execPath, [program], options)) };
  } catch (error) {
    const { code, stdout = "", stderr = String(error) } = error as Partial<Outcome>;
    return { code: code ?? 1, stdout, stderr };
  } finally {
    await fake.close();
  }
}

test.each(blocks)("$at runs and prints", (block) => {
  if (block.language === "ts") expect(complaints.get(block.name) ?? []).toEqual([]);
  const outcome = outcomes.get(block.at);
  expect(outcome).toMatchObject({ code: 0, stderr: "" });
  expect(outcome?.stdout.trim()).not.toBe("");
});

test("no block was left out", () => {
  const fences = PAGES.flatMap((page) => {
    const text = readFileSync(path.join(root, page), "utf8");
    return text.match(/^\s*```\s*(?:js|ts|javascript|typescript|[cm]?[jt]sx?)\b/gim) ?? [];
  });
  expect(outcomes.size).toBe(fences.length);
  expect(complaints.get("") ?? []).toEqual([]);
});

// The thirteen snippets of the Python README; in both families where both make sense.
const SNIPPETS: [name: string, sync: RegExp[] | null, async: RegExp[] | null][] = [
  [
    "completion",
    [/createCompletionMessage/, /"blocking"/],
    [/createCompletionMessage/, /"streaming"/, /aiterLines\(\)/],
  ],
  ["completion, remote picture", [/createCompletionMessage/, /remote_url/], null],
  [
    "completion, uploaded picture",
    [/fileUpload/, /createCompletionMessage/],
    [/fileUpload/, /createCompletionMessage/],
  ],
  ["chat streaming by lines", [/createChatMessage/, /iterLines\(\{ decodeUnicode: true \}\)/], null],
  ["chat blocking", [/createChatMessage/], [/createChatMessage/, /"blocking"/]],
  ["chat with a picture", [/createChatMessage/, /type: "image"/], [/createChatMessage/, /type: "image"/]],
  ["file upload", [/fileUpload\("user_id", \{ file: \[/], [/fileUpload\("user_id", \{ file: \[/]],
  [
    "the app, conversations, messages, rename",
    [/getApplicationParameters/, /getConversations/, /getConversationMessages/, /renameConversation/],
    [/getApplicationParameters/, /getConversations/, /getConversationMessages/, /renameConversation/],
  ],
  ["workflow", [/client\.run\(/, /JSON\.parse\(response\.text\)/], [/client\.run\(/]],
  [
    "knowledge base",
    [
      /using client = new KnowledgeBaseClient\(apiKey, datasetId\)/,
      /getDataset/,
      /updateDataset/,
      /batchUpdateDocumentStatus/,
    ],
    [/listDocuments\(\{ page: 1, page_size: 10 \}\)/],
  ],
  [
    "conversation variables",
    [/getConversationVariables/, /updateConversationVariable/],
    [/getConversationVariables/, /updateConversationVariable/],
  ],
];

test.each(SNIPPETS)("the README has: %s", (_name, sync, async) => {
  const readme = blocks.filter(({ at }) => at.startsWith("README.md:"));
  for (const [patterns, family] of [
    [sync, /new (?!Async)\w+Client\(/],
    [async, /new Async\w+Client\(/],
  ] as const) {
    if (!patterns) continue;
    const fitting = readme.filter(({ source }) =>
      [family, ...patterns].every((pattern) => pattern.test(source)),
    );
    expect(fitting.length).toBeGreaterThan(0);
  }
});
