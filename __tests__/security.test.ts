import { execFile, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { inspect } from "node:util";
import * as fc from "fast-check";
import * as typescript from "typescript6";
import { type RecordedRequest, type Recorder, startRecorder } from "./helpers/recorder";
import {
  type AnyClient,
  asyncFamily,
  FAMILIES,
  type FamilyUnderTest,
  processFamily,
} from "./helpers/recorder-families";
import { CALLS, CLASSES, FixtureFiles, translate } from "./helpers/recorder-python";
import { type ServerProcess, startServer } from "./support/child";
import { serve } from "./support/servers";

// As long as Dify's own, and nothing else of which looks like it.
const KEY = "app-Xq7Rz2Lw9Kp4Tn8Vb3Mc6Hd1";
const dist = path.join(__dirname, "..", "dist");
const streaming = { inputs: {}, query: "Hello", user: "me", response_mode: "streaming" };
const blocking = { ...streaming, response_mode: "blocking" };

let server: ServerProcess;
let origin: string;
const files = new FixtureFiles();
beforeAll(async () => {
  server = await startServer("hostile.js");
  origin = server.baseUrl.slice(0, -"/v1".length);
});
afterAll(async () => {
  files.remove();
  await server.close();
});

interface Report {
  seen: { method: string; url: string; headers: Record<string, string> }[];
  floods: number;
}
const report = async () => (await (await fetch(`${origin}/report`)).json()) as Report;

/** A client whose server does `what`. */
function client(family: FamilyUnderTest, what: string, options: object = {}): AnyClient {
  const baseUrl = `${origin}/${encodeURIComponent(what)}/v1`;
  return family.client("ChatClient", KEY, {
    baseUrl,
    proxy: null,
    maxRetries: 0,
    timeout: 10_000,
    ...options,
  });
}

async function caught(act: () => unknown): Promise<Error & Record<string, unknown>> {
  try {
    await act();
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("nothing was raised");
}

async function readEvents(stream: AnyClient): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** What a program may print of a value without asking for the answer's own bytes. */
function shown(value: unknown): string {
  const { message, stack, code, requestId, cause } = (value ?? {}) as Record<string, unknown>;
  return [
    String(value),
    inspect(value, { depth: 20 }),
    inspect({ in: [{ an: value }] }, { depth: 20, compact: false }),
    inspect(value, { depth: 20, showHidden: true }),
    JSON.stringify({ value, message, stack, code, requestId }),
    ...(cause ? [shown(cause)] : []),
  ].join("\n");
}

/** Any twelve characters of the key in a row count as the key. */
const PIECES = Array.from({ length: KEY.length - 11 }, (_, i) => KEY.slice(i, i + 12));
function expectNoKey(text: string): void {
  expect(PIECES.filter((piece) => text.includes(piece))).toEqual([]);
}

test("the search for the key finds it, and pieces of it", () => {
  expect(() => expectNoKey(shown({ deep: [{ er: `x${KEY}x` }] }))).toThrow();
  expect(() => expectNoKey(shown(new Error("x", { cause: new Error(KEY.slice(5, 20)) })))).toThrow();
});

describe.each(FAMILIES)("what the server says of the key is in no error: %s", (_name, load) => {
  const family = load();

  test.each([
    ["error~400", "APIError"],
    ["error~401", "AuthenticationError"],
    ["error~422", "ValidationError"],
    ["error~429", "RateLimitError"],
    ["error~500", "APIError"],
    ["plain~403", "APIError"],
    ["cut2000", "APIError"],
    ["mirror", "NetworkError"],
    ["mirror-late", "NetworkError"],
  ])("%s", async (what, name) => {
    const one = client(family, what);
    const error = await caught(() => family.call(one, "createChatMessage", blocking));
    expect(error.name).toBe(name);
    expectNoKey(shown(error));
    await family.close(one);
  });

  test.each(["error~400", "cut2000"])("%s, raised by raiseForStatus()", async (what) => {
    const one = client(family, what, { raiseErrors: false });
    const response = (await family.call(one, "getAppInfo")) as AnyClient;
    expect(response.text).toContain(KEY);
    expectNoKey(shown(await caught(() => response.raiseForStatus())));
    const stream = (await family.call(one, "createChatMessage", streaming)) as AnyClient;
    expect(stream.body).toContain(KEY);
    expectNoKey(shown(await caught(() => stream.raiseForStatus())));
    expectNoKey(inspect(stream, { depth: 20 }));
    await family.close(one);
  });

  test.each(["text", "cut200"])("%s that should be JSON", async (what) => {
    const one = client(family, what);
    const response = (await family.call(one, "getAppInfo")) as AnyClient;
    expect(response.text).toContain(KEY);
    const error = await caught(() => response.json());
    expect(error.name).toBe("APIError");
    expectNoKey(shown(error));
    await family.close(one);
  });

  test.each(["text", "cut200", "echo"])("%s that should be a stream", async (what) => {
    const one = client(family, what);
    const error = await caught(() => family.call(one, "createChatMessage", streaming));
    expect(error.name).toBe("StreamError");
    expectNoKey(shown(error));
    await family.close(one);
  });

  test.each(["events", "events-bad", "events-list"])("%s", async (what) => {
    const one = client(family, what);
    const stream = (await family.call(one, "createChatMessage", streaming)) as AnyClient;
    const error = await caught(() => readEvents(stream));
    expect(error.name).toBe("StreamError");
    expectNoKey(shown(error));
    await family.close(one);
  });

  test("and what it says else is there", async () => {
    const one = client(family, "error~401");
    const error = await caught(() => family.call(one, "getAppInfo"));
    expect(error).toMatchObject({ message: "the key [redacted] is wrong", code: "[redacted]" });
    // The answer itself is what the server sent, for whoever asks for it.
    expect((error.response as AnyClient).text).toContain(KEY);
    await family.close(one);
  });

  test("a word too short to be a key is left alone", async () => {
    const baseUrl = `${origin}/error~401/v1`;
    const one = family.client("ChatClient", "key", { baseUrl, proxy: null, maxRetries: 0 });
    const error = await caught(() => family.call(one, "getAppInfo"));
    expect(error.message).toBe("the key key is wrong");
    await family.close(one);
  });
});

describe.each([...FAMILIES, ["process", processFamily] as const])("what is shown: %s", (name, load) => {
  const family = load();

  test("client, answer, stream and iterator hold no key", async () => {
    const one = client(family, "echo");
    const response = await family.call(one, "createChatMessage", blocking);
    const other = client(family, "polluting-events");
    const stream = (await family.call(other, "createChatMessage", streaming)) as AnyClient;
    const iterator = stream[name === "async" ? Symbol.asyncIterator : Symbol.iterator]();
    await iterator.next();
    for (const value of [one, other, stream, iterator]) {
      expectNoKey(shown(value));
      expectNoKey(inspect(value, { depth: 20, showHidden: true, customInspect: false, getters: true }));
      expect(JSON.stringify(Object.getOwnPropertyNames(value))).not.toContain("key");
    }
    expectNoKey(inspect([response], { depth: 20, showHidden: true }));
    expect(JSON.stringify(one)).toBe(JSON.stringify({ baseUrl: `${origin}/echo/v1` }));
    await family.close(one);
    await family.close(other);
  });
});

test("a refused argument that is the key, in the wrong place, is not shown", () => {
  const dify = require(path.join(dist, "index.js"));
  const wrong: [string, () => unknown][] = [
    ["apiKey must be a key, got a URL", () => new dify.ChatClient("https://dify.example/v1", KEY)],
    ["apiKey must be a key, got a URL", () => new dify.KnowledgeBaseClient("http://dify.example/v1", KEY)],
    ["baseUrl must be a URL such as", () => new dify.AsyncChatClient(KEY, KEY)],
    ["baseUrl must be a URL such as", () => new dify.AsyncChatClient(KEY, { baseUrl: `Bearer ${KEY}` })],
    ["baseUrl must begin with https:// or http://", () => new dify.ChatClient(KEY, `${KEY}:1`)],
    ["proxy must be a URL", () => new dify.ChatClient(KEY, { proxy: KEY })],
    ["proxy must be a URL", () => new dify.ChatClient(KEY, { proxy: `socks5://me:${KEY}@127.0.0.1` })],
    ["apiKey must not hold", () => new dify.ChatClient(`${KEY}\n`)],
    ["apiKey must not hold", () => new dify.ChatClient(`Bearer ${KEY}`)],
    ["apiKey must be a string", () => new dify.ChatClient({ apiKey: KEY })],
  ];
  for (const [says, make] of wrong) {
    let error: unknown;
    try {
      make();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: "ValidationError", message: expect.stringContaining(says) });
    expectNoKey(shown(error));
  }
});

test.each([
  "ftp://me:5ecretword@dify.example/v1",
  "http://me:5ecretword@dify .example/v1",
  "https://me:5ecretword@dify.example/v1",
  "https://5ecretword@dify.example/v1",
  "https://dify.example/v1?key=5ecretword",
  "5ecretword@dify.example",
  "ftp://dify.example/v1?key=5ecretword",
])("a base URL with a password is refused, and not shown: %s", (baseUrl) => {
  const { AsyncChatClient, ValidationError } = asyncFamily().exports;
  let error: unknown;
  try {
    new AsyncChatClient(KEY, { baseUrl });
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(ValidationError);
  expect(shown(error)).not.toContain("5ecretword");
});

describe("log lines", () => {
  type Line = [level: string, message: string, fields: object | undefined];
  const CREDENTIAL = "sk-G1v3nAway";
  const HANDS_OVER = ["createAppApiToken", "validateModelProviderCredentials"];
  const IS_GIVEN = ["createAppApiToken", "getAppApiTokens", "getModelProviders"];

  function collect(lines: Line[]) {
    const at = (level: string) => (message: string, fields?: object) =>
      void lines.push([level, message, fields]);
    return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  }

  const marked = (value: unknown): unknown =>
    typeof value === "string"
      ? value + CREDENTIAL
      : value && typeof value === "object"
        ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, marked(v)]))
        : value;

  describe.each(FAMILIES)("of the %s family", (_name, load) => {
    const family = load();
    const first = Object.entries(CLASSES).flatMap(([owner, { methods }]) =>
      methods.map((method) => {
        const call = CALLS.find((c) => c.class === owner && c.method === method.python);
        if (!call) throw new Error(`no call of ${method.python}`);
        return { owner, call, name: method.name };
      }),
    );

    test.each(["echo", "error~400", "error~503", "mirror"])(
      "of all 90 methods, answered by %s, hold neither the key nor a credential",
      async (what) => {
        const lines: Line[] = [];
        const options = { logger: collect(lines), enableLogging: true, baseUrl: `${origin}/${what}/v1` };
        const clients = new Map(
          Object.keys(CLASSES).map((owner) => [
            owner,
            family.client(owner, KEY, { proxy: null, maxRetries: 0, ...options }),
          ]),
        );
        expect(first).toHaveLength(90);
        for (const { owner, call, name } of first) {
          const one = clients.get(owner);
          if (owner === "KnowledgeBaseClient") one.datasetId = "dataset-1";
          let args: unknown = translate(call, files);
          if (HANDS_OVER.includes(name))
            args = {
              ...(marked(args) as object),
              ...(name === "createAppApiToken" ? { app_id: "a" } : { provider_name: "p" }),
            };
          const before = lines.length;
          await family.call(one, name, args).catch((error: Error) => {
            // What is refused before it is sent would leave nothing to look at.
            expect({ name, error: error.name, is: error.message }).not.toMatchObject({
              error: "BridgeError",
            });
          });
          expect(lines.length).toBeGreaterThan(before);
          const said = inspect(lines.slice(before), { depth: 20, maxStringLength: null });
          expectNoKey(said);
          expect(said).not.toContain(CREDENTIAL);
          if (IS_GIVEN.includes(name)) expect(said).not.toContain("sk-1ssued");
        }
        const levels = new Set(lines.map(([level]) => level));
        expect([...levels].sort()).toEqual(what === "echo" ? ["debug", "info"] : ["debug", "warn"]);
        for (const one of clients.values()) await family.close(one);
      },
    );

    test("show the bodies of other methods, with the key taken out", async () => {
      const lines: Line[] = [];
      const one = client(family, "echo", { logger: collect(lines) });
      await family.call(one, "createChatMessage", { ...blocking, query: `my key is ${KEY}`, user: KEY });
      const said = inspect(lines, { depth: 20, maxStringLength: null });
      expect(said).toContain("my key is [redacted]");
      expectNoKey(said);
      await family.close(one);
    });

    test("do not hold a key that is cut where the line is", async () => {
      const lines: Line[] = [];
      const one = client(family, "cut2000", { logger: collect(lines) });
      await caught(() => family.call(one, "createChatMessage", blocking));
      const long = `${"x".repeat(1_950)}`;
      await caught(() => family.call(one, "createChatMessage", { inputs: {}, user: "u", query: long + KEY }));
      expect(lines.length).toBeGreaterThan(2);
      expectNoKey(inspect(lines, { depth: 20, maxStringLength: null }));
      await family.close(one);
    });

    test("of enableLogging go to the console", async () => {
      const lines: Line[] = [];
      const target = collect(lines);
      const spies = (["debug", "info", "warn", "error"] as const).map((level) =>
        jest.spyOn(console, level).mockImplementation(target[level] as never),
      );
      const one = client(family, "echo", { enableLogging: true });
      await family.call(one, "createChatMessage", blocking);
      const other = client(family, "error~401", { enableLogging: true });
      await caught(() => family.call(other, "createChatMessage", blocking));
      for (const spy of spies) spy.mockRestore();
      expect(new Set(lines.map(([level]) => level))).toEqual(new Set(["debug", "info", "warn"]));
      expectNoKey(inspect(lines, { depth: 20, maxStringLength: null }));
      await family.close(one);
      await family.close(other);
    });
  });
});

/** Runs a script that reads the key from its stdin. */
async function runScript(
  source: string,
  env: NodeJS.ProcessEnv,
): Promise<{ stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ["-e", source], { env, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(KEY);
  const out = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    out.stderr += text;
  });
  await new Promise((resolve) => child.once("close", resolve));
  return out;
}

/** All processes' arguments and environments that hold `word`. */
function processesWith(word: string): string[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) =>
      ["cmdline", "environ"].filter((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, "latin1").includes(word);
        } catch {
          // It has ended.
          return false;
        }
      }),
    );
}

const onLinux = process.platform === "linux" ? test : test.skip;
onLinux.each([
  ["worker", process.env.PATH],
  ["process", process.env.PATH],
  // Without netcat, the messages go through another Node.
  ["process", path.dirname(process.execPath)],
])("the key is in no process's arguments or environment during a call: %s", async (bridge, PATH) => {
  const MARK = `mark-${Math.random()}`;
  const source = `
    const key = require("node:fs").readFileSync(0, "utf8");
    const { ChatClient } = require(${JSON.stringify(path.join(dist, "index.js"))});
    const client = new ChatClient(key, { baseUrl: process.env.BASE, proxy: null, bridge: "${bridge}", enableLogging: true });
    console.log(client.getMeta({ user: "me" }).json().result);
  `;
  let found: string[] = [];
  let marks: string[] = [];
  const holding = await serve((_seen, response) => {
    // In the middle of the call, with everything started that it needs.
    found = processesWith(KEY);
    marks = processesWith(MARK);
    response.setHeader("content-type", "application/json").end('{"result":"success"}');
  });
  const { stdout, stderr } = await runScript(source, { PATH, MARK, BASE: holding.baseUrl });
  await holding.close();
  expect(stdout).toContain("success");
  expect(holding.seen[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  expect(found).toEqual([]);
  expect(marks).toContain("environ");
  expectNoKey(stdout + stderr);
});

describe.each(FAMILIES)("the key goes to one server only: %s", (_name, load) => {
  const family = load();

  test("whatever the answer says of another", async () => {
    let asked = 0;
    const other = await serve((_seen, response) => {
      asked++;
      response.end("{}");
    });
    for (const status of [200, 201, 300, 301, 302, 303, 304, 305, 307, 308, 401, 407, 421]) {
      const one = client(family, `elsewhere~${status}~${other.port}`, { raiseErrors: false });
      await family.call(one, "getAppInfo");
      await family.call(one, "createChatMessage", blocking);
      await family.close(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect({ asked, connections: other.connections }).toEqual({ asked: 0, connections: 0 });
    await other.close();
  });

  test.each(["//127.0.0.2/v1", "/@127.0.0.2/v1", "/\\127.0.0.2/v1", "/%2f%2f127.0.0.2/v1", "/;@127.0.0.2"])(
    "a base URL with the path %s leads to its own host",
    async (tail) => {
      const host = await startRecorder();
      const one = family.client("ChatClient", KEY, {
        baseUrl: host.origin + tail,
        proxy: null,
        maxRetries: 0,
      });
      await family.call(one, "getAppInfo");
      const [request] = await host.take();
      expect(request?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, host: host.origin.slice(7) });
      expect(request?.target.endsWith("/info")).toBe(true);
      await family.close(one);
      await host.stop();
    },
  );
});

describe("a base URL", () => {
  const { AsyncChatClient: Client } = asyncFamily().exports as AnyClient;

  test.each([
    ["file:///etc/passwd", "must begin with https:// or http://"],
    ["data:text/plain,x", "must begin with https:// or http://"],
    ["blob:https://dify.example/1", "must begin with https:// or http://"],
    ["ws://dify.example", "must begin with https:// or http://"],
    ["unix:/var/run/docker.sock", "must begin with https:// or http://"],
    ["//dify.example/v1", "must be a URL such as"],
    ["dify.example", "must be a URL such as"],
    ["https://", "must be a URL such as"],
    ["https://[::1", "must be a URL such as"],
    ["https://dify.example:99999/v1", "must be a URL such as"],
  ])("%s is refused", (baseUrl, says) => {
    expect(() => new Client(KEY, baseUrl)).toThrow(says);
  });

  describe("over plain http", () => {
    function warningsOf(...baseUrls: string[]): unknown[] {
      const spy = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
      for (const baseUrl of baseUrls) new Client(KEY, { baseUrl, proxy: null });
      const { calls } = spy.mock;
      spy.mockRestore();
      return calls;
    }

    test.each([
      "http://dify.example/v1",
      "http://10.0.0.7/v1",
      "http://localhost.example",
      "http://[2001:db8::1]/",
    ])("%s is warned of, once", (baseUrl) => {
      const warnings = warningsOf(baseUrl, baseUrl, `${baseUrl}/other`);
      expect(warnings).toEqual([
        [
          `the API key goes unencrypted to ${new URL(baseUrl).origin}: use https://`,
          { code: "DIFY_DUAL_PLAIN_HTTP" },
        ],
      ]);
    });

    test.each([
      "http://localhost:5001/v1",
      "http://dify.localhost/v1",
      "http://localhost./v1",
      "http://127.0.0.1:80",
      "http://127.1.2.3",
      "http://[::1]:5001/v1",
      "https://dify.example/v1",
    ])("%s is not", (baseUrl) => {
      expect(warningsOf(baseUrl)).toEqual([]);
    });

    test("the blocking family warns too, and Node shows it with its code", (done) => {
      const source = `
        const { ChatClient, WorkflowClient } = require(${JSON.stringify(path.join(dist, "index.js"))});
        for (const Class of [ChatClient, WorkflowClient]) new Class("${KEY}", "http://dify.example/v1");
      `;
      execFile(process.execPath, ["-e", source], (error, _stdout, stderr) => {
        expect(error).toBeNull();
        expect(stderr.match(/DIFY_DUAL_PLAIN_HTTP/g)).toHaveLength(1);
        expectNoKey(stderr);
        done();
      });
    });
  });
});

describe("nothing breaks out of its place", () => {
  let recorder: Recorder;
  beforeAll(async () => {
    recorder = await startRecorder();
  });
  afterAll(() => recorder.stop());

  const NASTY = [
    "\r",
    "\n",
    "\r\n",
    "\0",
    '"',
    "'",
    "\\",
    "/",
    "..",
    ".",
    "%",
    "%2e",
    "%2f",
    "%0d%0a",
    "?",
    "#",
    "&",
    "=",
    ";",
    ":",
    "@",
    " ",
    "\t",
    "\u2028",
    "\u0085",
    "é",
    "日",
    "😀",
    "\ud800",
    "<",
    ">",
    "{",
    "}",
    "|",
    "--",
    "\r\n\r\n",
    "GET / HTTP/1.1",
    "Host: evil",
    'name="x"',
    "filename*=utf-8''x",
    "a",
    "1",
    "__proto__",
    "\x7f",
    "\x1b",
  ];
  const nasty = fc
    .array(fc.constantFrom(...NASTY), { minLength: 1, maxLength: 6 })
    .map((pieces) => pieces.join(""));

  /** Calls, and gives the one request that came of it; null where the arguments were refused. */
  async function requestOf(family: FamilyUnderTest, one: AnyClient, method: string, ...args: unknown[]) {
    try {
      await family.call(one, method, ...args);
    } catch (error) {
      expect((error as Error).name).toBe("ValidationError");
      expect(await recorder.take()).toEqual([]);
      return null;
    }
    const requests = await recorder.take();
    expect(requests).toHaveLength(1);
    return requests[0] as RecordedRequest;
  }

  const OWN = [
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "host",
    "user-agent",
  ];
  const strangers = (request: RecordedRequest) =>
    Object.keys(request.headers).filter((name) => ![...OWN, "transfer-encoding"].includes(name));

  test.each(FAMILIES)("ids, queries and bodies: %s", async (name, load) => {
    const family = load();
    const one = family.client("ChatClient", KEY, { baseUrl: recorder.baseUrl, proxy: null });
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (id, user) => {
        const request = await requestOf(family, one, "getSuggested", { message_id: id, user });
        if (!request) {
          expect(id === "." || id === ".." || !id.isWellFormed() || !user.isWellFormed()).toBe(true);
          return;
        }
        sent++;
        // Even to a proxy that reads paths the way browsers do.
        const { pathname } = new URL(request.target, "http://x");
        expect(pathname.split("/")).toEqual(["", "v1", "messages", encodeURIComponent(id), "suggested"]);
        expect(request.query).toEqual([["user", user]]);
        expect(strangers(request)).toEqual([]);
        expect(request.size).toBe(0);
      }),
      { numRuns: name === "async" ? 300 : 60 },
    );
    expect(sent).toBeGreaterThan(20);
    await family.close(one);
  });

  test.each(FAMILIES)("file names, types and fields of a form: %s", async (name, load) => {
    const family = load();
    const one = family.client("ChatClient", KEY, { baseUrl: recorder.baseUrl, proxy: null });
    let sent = 0;
    const type = fc.oneof(
      fc.constant(undefined),
      nasty,
      nasty.map((tail) => `text/plain; x="${tail}"`),
    );
    await fc.assert(
      fc.asyncProperty(nasty, type, nasty, nasty, async (filename, mime, field, user) => {
        const file = mime === undefined ? [filename, "content"] : [filename, "content", mime];
        const options = { extraBody: { [field]: "1" } };
        const request = await requestOf(family, one, "fileUpload", { user, files: { file } }, options);
        if (!request) return;
        sent++;
        expect(strangers(request)).toEqual([]);
        const parts = request.parts ?? [];
        expect(parts.filter((part) => part.fault)).toEqual([]);
        expect(parts.map((part) => part.filename)).toEqual(
          parts.map((_, i) => (i === parts.length - 1 ? expect.any(String) : null)),
        );
        expect(parts).toHaveLength(field === "user" ? 2 : 3);
        expect(Buffer.from(parts.at(-1)?.base64 ?? "", "base64").toString()).toBe("content");
        for (const part of parts)
          expect(part.rawHeaders.filter((line) => !/^content-(disposition|type): /i.test(line))).toEqual([]);
      }),
      { numRuns: name === "async" ? 300 : 60 },
    );
    // Most are refused; how many there is time for depends on the machine.
    expect(sent).toBeGreaterThan(0);
    await family.close(one);
  });

  test("names and values of headers", async () => {
    const family = asyncFamily();
    const one = family.client("ChatClient", KEY, { baseUrl: recorder.baseUrl, proxy: null });
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (name, value) => {
        const options = { headers: { [`x-${name}`]: value } };
        const request = await requestOf(family, one, "getAppInfo", {}, options);
        if (!request) return;
        sent++;
        expect(strangers(request)).toEqual([`x-${name}`.toLowerCase()]);
        expect(request.headers.authorization).toBe(`Bearer ${KEY}`);
      }),
      { numRuns: 300 },
    );
    // Most are refused; how many there is time for depends on the machine.
    expect(sent).toBeGreaterThan(0);
    await family.close(one);
  });

  test.each([
    "Authorization",
    "authorization",
    "HOST",
    "Content-Length",
    "Content-Type",
    "Transfer-Encoding",
    "Connection",
    "Keep-Alive",
    "Upgrade",
    "Expect",
  ])("the header %s is the library's own", async (header) => {
    const family = asyncFamily();
    const one = family.client("ChatClient", KEY, { baseUrl: recorder.baseUrl, proxy: null });
    expect(await requestOf(family, one, "getAppInfo", {}, { headers: { [header]: "x" } })).toBeNull();
    expect(() => family.client("ChatClient", KEY, { headers: { [header]: "x" } })).toThrow(
      "is set by the library",
    );
    await family.close(one);
  });
});

describe.each(FAMILIES)("what a server can send is bounded: %s", (_name, load) => {
  const family = load();

  test("an endless page where a stream was asked", async () => {
    const one = client(family, "flood");
    const error = await caught(() => family.call(one, "createChatMessage", streaming));
    expect(error).toMatchObject({ name: "StreamError" });
    expect(error.message.length).toBeLessThan(500);
    expect((error.response as AnyClient).content.length).toBeLessThan(2 * 1024 * 1024);
    for (let tries = 0; (await report()).floods > 0; tries++) {
      if (tries > 200) throw new Error("the connection is still open");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await family.close(one);
  });

  test("the words of an error event", async () => {
    const one = client(family, "events-long");
    const stream = (await family.call(one, "createChatMessage", streaming)) as AnyClient;
    const error = await caught(() => readEvents(stream));
    expect(error).toMatchObject({ name: "StreamError" });
    expect(error.message.length).toBeLessThan(2_100);
    expect(String(error.code).length).toBeLessThan(2_100);
    await family.close(one);
  });
});

describe.each([...FAMILIES, ["process", processFamily] as const])(
  "no prototype is polluted: %s",
  (_name, load) => {
    const family = load();
    afterEach(() => {
      expect(({} as AnyClient).polluted).toBeUndefined();
      expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    });

    test("by an answer, its headers or an error", async () => {
      const one = client(family, "polluting");
      const response = (await family.call(one, "getAppInfo")) as AnyClient;
      expect(Object.keys(response.json())).toEqual(["__proto__", "constructor", "data"]);
      expect(response.headers.constructor).toBe("x");
      expect(response.polluted).toBeUndefined();
      const other = client(family, "polluting-error");
      const error = await caught(() => family.call(other, "getAppInfo"));
      expect(error).toMatchObject({ name: "APIError", message: "no", code: "bad" });
      expect(error.polluted).toBeUndefined();
      await family.close(one);
      await family.close(other);
    });

    test("by events", async () => {
      const one = client(family, "polluting-events");
      const stream = (await family.call(one, "createChatMessage", streaming)) as AnyClient;
      expect((await readEvents(stream)).map((event) => (event as AnyClient).event)).toEqual([
        "message",
        "message_end",
      ]);
      expect(stream.polluted).toBeUndefined();
      await family.close(one);
    });

    test("by arguments and options", async () => {
      const one = client(family, "echo");
      const evil = JSON.parse('{"__proto__":{"polluted":"yes"}}');
      const attempts: unknown[][] = [
        [{ ...blocking, inputs: evil }],
        [{ ...blocking, inputs: { deep: [evil] } }],
        [JSON.parse('{"__proto__":{"user":"me"},"query":"x","inputs":{},"user":"me"}')],
        [blocking, { extraBody: evil }],
        [blocking, { extraQuery: evil }],
        [blocking, evil],
      ];
      for (const args of attempts) {
        const error = await caught(() => family.call(one, "createChatMessage", ...args));
        expect(error.name).toBe("ValidationError");
      }
      // A header of that name is a header.
      const headers = JSON.parse('{"__proto__":"polluted"}');
      await family.call(one, "createChatMessage", blocking, { headers });
      expect(({} as AnyClient).polluted).toBeUndefined();
      await family.close(one);
    });
  },
);

describe("regular expressions against their worst input", () => {
  const root = path.join(__dirname, "..");
  const found = new Map<string, RegExp>();
  for (const folder of ["lib", "lib-sync"]) {
    for (const file of readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })) {
      if (!file.endsWith(".ts")) continue;
      const text = readFileSync(path.join(root, folder, file), "utf8");
      const visit = (node: typescript.Node): void => {
        if (typescript.isRegularExpressionLiteral(node)) {
          const end = node.text.lastIndexOf("/");
          const expression = new RegExp(node.text.slice(1, end), node.text.slice(end + 1));
          found.set(`${folder}/${file} ${node.text}`, expression);
        }
        if (typescript.isNewExpression(node) && node.expression.getText() === "RegExp")
          throw new Error(`${file}: write it as a literal, so that it is tested here`);
        typescript.forEachChild(node, visit);
      };
      visit(typescript.createSourceFile(file, text, typescript.ScriptTarget.ES2022, true));
    }
  }

  const SIZE = 50_000;
  const LIMIT = 200;
  const HEADS = [
    "",
    "a/a",
    "a/a;a=",
    'a/a;a="',
    "text/event-stream",
    "Mon, ",
    "Monday, 01-",
    "{",
    "\n",
    "\n ",
    "1",
  ];
  const UNITS = [
    "a",
    "/",
    " ",
    "\n",
    "\r",
    "\t",
    "0",
    "{",
    "{a",
    "\n ",
    "\n    at",
    " ;",
    "; ",
    ";a=a",
    ';a=""',
    " ; a=a",
    "=",
    '"',
    "-",
    "_",
    "é",
    "\u0000",
    "Mon, ",
    "-a",
    "a-",
    "\r\n",
    "json",
    "text/",
  ];
  const TAILS = ["", "!", "\u0000"];
  const inputs = HEADS.flatMap((head) =>
    UNITS.flatMap((unit) =>
      TAILS.map((tail) => head + unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE) + tail),
    ),
  );

  /** Milliseconds. Linear work over 50,000 characters takes a fraction of one; quadratic, a second. */
  function slowest(expression: RegExp, texts: string[]): number {
    const time = (text: string) => {
      const start = performance.now();
      text.search(expression);
      return performance.now() - start;
    };
    let longest = 0;
    for (const text of texts) {
      let took = time(text);
      // Once more: the machine may have been busy.
      if (took > LIMIT) took = Math.min(took, time(text));
      longest = Math.max(longest, took);
      if (longest > LIMIT) break;
    }
    return longest;
  }

  test("are all found", () => {
    expect(found.size).toBeGreaterThanOrEqual(15);
  });

  test("the measure sees one that is quadratic", () => {
    expect(slowest(/\/+$/, [`${"/".repeat(SIZE)}x`])).toBeGreaterThan(LIMIT);
  });

  test.each([...found])("%s", (_name, expression) => {
    expect(slowest(expression, inputs)).toBeLessThan(LIMIT);
  });
});

test("a base URL with many slashes at its end costs nothing", () => {
  const { AsyncChatClient } = asyncFamily().exports as AnyClient;
  const baseUrl = `https://dify.example/${"/".repeat(200_000)}x${"/".repeat(200_000)}`;
  const start = performance.now();
  expect(new AsyncChatClient(KEY, { baseUrl }).baseUrl).toBe(baseUrl.replace(/x\/+$/, "x"));
  expect(performance.now() - start).toBeLessThan(1_000);
});
