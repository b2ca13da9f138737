import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Readable } from "node:stream";
import { type Recorder, startRecorder } from "./helpers/recorder";
import {
  type AnyClient,
  asyncFamily,
  type FamilyName,
  type FamilyUnderTest,
  processFamily,
  syncFamily,
} from "./helpers/recorder-families";
import { isInPath } from "./helpers/recorder-oracle";
import { CALLS, CLASSES, FixtureFiles, type PythonMethod, translate } from "./helpers/recorder-python";

/** One fault in one argument, and what the error must say. */
interface Entry {
  class: string;
  /** `"constructor"` for that. */
  method: string;
  /** What is at fault: an argument, an option, a key. */
  argument: string;
  fault: string;
  /** Of the method, or of the constructor. */
  args: unknown[];
  /** Fragments of the message. */
  says: string[];
  /** The family that must refuse it, where the other may take it. */
  only?: "async" | "sync";
  /** The client has no knowledge base. */
  homeless?: boolean;
}

const KEY = "app-5ecret-key";
const files = new FixtureFiles();
const folder = mkdtempSync(path.join(tmpdir(), "dify-dual-bad-"));
mkdirSync(path.join(folder, "sub"));
writeFileSync(path.join(folder, "a.txt"), "x");
const aFile = { path: path.join(folder, "a.txt") };
afterAll(() => {
  files.remove();
  rmSync(folder, { recursive: true });
});

const METHODS = Object.entries(CLASSES).flatMap(([owner, { methods }]) =>
  methods.map((method) => ({ owner, method, name: method.name, sound: soundArguments(owner, method) })),
);

function soundArguments(owner: string, method: PythonMethod): Record<string, unknown> {
  const call = CALLS.find(
    (c) => c.class === owner && c.method === method.python && c.case === "required_only",
  );
  if (!call) throw new Error(`no sound call of ${method.python}`);
  return translate(call, files);
}

const sound = (name: string) => METHODS.find((method) => method.name === name)?.sound ?? {};
const ownerOf = (name: string) => METHODS.find((method) => method.name === name)?.owner ?? "";
const without = (args: Record<string, unknown>, name: string) => ({ ...args, [name]: undefined });

// What the messages call each type, and a value of another type with what they call that.
const WORDS: Record<string, [expected: string, wrong: unknown, got: string]> = {
  id: ["a string that is not empty", 5, "5"],
  str: ["a string", 5, "5"],
  int: ["a whole number", "5", "a string"],
  float: ["a number", "0.5", "a string"],
  bool: ["true or false", "true", "a string"],
  dict: ["an object", ["x"], "an array"],
  list: ["an array", { a: 1 }, "an object"],
  "List[str]": ["an array of strings", ["a", 1], "1 at [1]"],
  response_mode: ['"blocking" or "streaming"', "stream", '"stream"'],
  rating: ['"like" or "dislike"', "love", '"love"'],
  action: ['"enable" or "disable"', "start", '"start"'],
  indexing_technique: ['"high_quality" or "economy"', "fast", '"fast"'],
  file: ["a file", 5, "5"],
  Any: ["a JSON value", undefined, ""],
};

function typeOf({ http }: PythonMethod, { name, type }: PythonMethod["params"][number]): string {
  if (["response_mode", "rating", "action", "indexing_technique"].includes(name)) return name;
  if (name === "file_path" || name === "audio_file" || (name === "files" && type === "dict")) return "file";
  if (name === "files") return "list";
  if (name.endsWith("_id") || isInPath(http, name)) return "id";
  const plain = (type ?? "str").replace(" | None", "");
  if (plain === "List[str]") return plain;
  return /^list/i.test(plain)
    ? "list"
    : /^dict/i.test(plain)
      ? "dict"
      : /^Literal/.test(plain)
        ? "str"
        : plain;
}

// Not required by the server, nor in Python's own README.
const OPTIONAL = ["createCompletionMessage.response_mode", "renameConversation.auto_generate"];

const table: Entry[] = [];
const add = (entry: Entry) => void table.push(entry);

for (const { owner, method, name, sound: args } of METHODS) {
  const entry = (
    argument: string,
    fault: string,
    given: unknown,
    says: string[],
    more: Partial<Entry> = {},
  ) =>
    add({
      class: owner,
      method: name,
      argument,
      fault,
      args: [given],
      says: [`${name}: `, ...says],
      ...more,
    });
  for (const param of method.params) {
    const type = typeOf(method, param);
    const [words, wrong, got] = WORDS[type] as (typeof WORDS)[string];
    const required = param.default === "required" && !OPTIONAL.includes(`${name}.${param.name}`);
    const expected = `${param.name} must be ${words}`;
    if (required) {
      const says = name === "renameConversation" && param.name === "name" ? [] : [words];
      entry(param.name, "missing", without(args, param.name), [`${param.name} is required`, ...says]);
      if (param.name !== "rating" && param.name !== "value")
        entry(param.name, "null", { ...args, [param.name]: null }, [`${param.name} is required`, ...says]);
      if (type === "id")
        entry(param.name, "empty", { ...args, [param.name]: "" }, [expected, "got an empty string"]);
    }
    if (wrong !== undefined) {
      const says = type === "file" ? [param.name, "must be", "got 5"] : [expected, `got ${got}`];
      entry(param.name, "of the wrong type", { ...args, [param.name]: wrong }, says);
    }
    if (isInPath(method.http, param.name) && type === "id") {
      for (const dots of [".", ".."])
        entry(param.name, `is ${dots}`, { ...args, [param.name]: dots }, [
          `${param.name} must not be "${dots}"`,
        ]);
    }
    if (type === "id" || type === "str")
      entry(param.name, "a lone surrogate", { ...args, [param.name]: "a\udc00b" }, [
        `${param.name} holds half of a surrogate pair`,
      ]);
    if (param.name.includes("_")) {
      const camel = param.name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
      entry(camel, "camelCase", { ...args, [camel]: "x" }, [`"${camel}"`, `did you mean "${param.name}"?`]);
    } else if (param.name.length > 3) {
      const typo = `${param.name}${param.name.at(-1)}`;
      entry(typo, "a typo", { ...args, [typo]: "x" }, [`"${typo}"`, `did you mean "${param.name}"?`]);
    }
  }
  entry("zzzzzzzz", "unknown", { ...args, zzzzzzzz: 1 }, ['unknown argument "zzzzzzzz"']);
  entry("timeout", "an option among the arguments", { ...args, timeout: 1 }, [
    '"timeout"',
    "per-call option",
  ]);
  entry("__proto__", "unknown", JSON.parse('{ "__proto__": 1 }'), ['unknown argument "__proto__"']);
  // A string in the first place begins Python's positional form there.
  if (name !== "fileUpload")
    entry("args", "a string", "user-1", ["the arguments must be one object, got a string"]);
  entry("args", "a list", [], ["the arguments must be one object, got an array"]);
  if (
    /\{(self|dataset_id\|self)\.dataset_id\}/.test(method.http) ||
    /client\.dataset_id/.test(String(method.body))
  )
    entry("datasetId", "missing", args, ["no dataset id", "datasetId"], { homeless: true });
}

for (const [name, wrong, right] of [
  ["listDatasets", "limit", "page_size"],
  ["listDocuments", "limit", "page_size"],
  ["updateDocumentSegment", "segment", "segment_data"],
  ["audioToText", "file", "audio_file"],
  ["fileUpload", "file", "files"],
  ["createDocumentByFile", "file", "file_path"],
  ["updateDocumentByFile", "file", "file_path"],
  ["uploadPipelineFile", "file", "file_path"],
] as const) {
  const args = { ...without(sound(name), right), [wrong]: 5 };
  const says = [`unknown argument "${wrong}"`, `it is called "${right}" here`];
  add({
    class: ownerOf(name),
    method: name,
    argument: wrong,
    fault: "the API's own name",
    args: [args],
    says,
  });
}

// Arguments of the API that Python's methods lack.
for (const [name, argument, wrong, words, got] of [
  ["createDataset", "indexing_technique", "fast", '"high_quality" or "economy"', '"fast"'],
  ["createDocumentByText", "indexing_technique", "", '"high_quality" or "economy"', "an empty string"],
  ["createDocumentByFile", "indexing_technique", "fast", '"high_quality" or "economy"', '"fast"'],
  ["createDocumentByText", "process_rule", "automatic", "an object", "a string"],
  ["createChatMessage", "auto_generate_name", 1, "true or false", "1"],
  ["run", "files", { type: "image" }, "an array", "an object"],
  ["runSpecificWorkflow", "files", { type: "image" }, "an array", "an object"],
  ["hitTesting", "attachment_ids", "a", "an array of strings", "a string"],
  ["querySegments", "status", 5, "a string or an array of strings", "5"],
  ["updateDataset", "partial_member_list", {}, "an array", "an object"],
  ["batchUpdateDocumentStatus", "action", "delete", '"enable" or "disable" or "archive"', '"delete"'],
  ["createChatMessage", "inputs", new Date(0), "an object", "a Date"],
  ["createChatMessage", "inputs", new URL("http://x/"), "an object", "a URL"],
  ["run", "inputs", "{}", "an object", "a string"],
  ["listAnnotations", "page", 1.5, "a whole number", "1.5"],
  ["getConversations", "limit", Number.NaN, "a whole number", "NaN"],
  ["listAnnotations", "limit", 2 ** 53, "a whole number", "9007199254740992"],
  ["annotationReplyAction", "score_threshold", Number.NaN, "a number", "NaN"],
  ["annotationReplyAction", "score_threshold", Number.POSITIVE_INFINITY, "a number", "Infinity"],
  ["messageFeedback", "rating", "", '"like" or "dislike"', "an empty string"],
  ["createChatMessage", "response_mode", "", '"blocking" or "streaming"', "an empty string"],
  ["createChatMessage", "conversation_id", 7, "a string that is not empty", "7"],
  ["createChatMessage", "user", new String("u"), "a string", "a String"],
] as const) {
  const args = { ...sound(name), [argument]: wrong };
  const says = [`${name}: ${argument} must be ${words}`, `got ${got}`];
  add({ class: ownerOf(name), method: name, argument, fault: `is ${got}`, args: [args], says });
}

// What JSON cannot carry, each at a nested place that the message must name.
const cycle: Record<string, unknown> = {};
cycle.again = cycle;
let deep: unknown[] = [];
for (let i = 0; i < 100_000; i++) deep = [deep];
const UNJSON: [fault: string, value: unknown, says: string][] = [
  ["a BigInt", 10n, "is a bigint, which JSON cannot carry"],
  ["NaN", Number.NaN, "is NaN, which JSON cannot carry"],
  ["Infinity", Number.NEGATIVE_INFINITY, "is -Infinity, which JSON cannot carry"],
  ["a function", () => 1, "is a function, which JSON cannot carry"],
  ["a symbol", Symbol("s"), "is a symbol, which JSON cannot carry"],
  ["a Map", new Map([[1, 2]]), "is a Map, which JSON cannot carry"],
  ["a Set", new Set([1]), "is a Set, which JSON cannot carry"],
  ["a Buffer", Buffer.from("x"), "is a Buffer, which JSON cannot carry"],
  ["a typed array", new Float64Array(2), "is a Float64Array, which JSON cannot carry"],
  ["an ArrayBuffer", new ArrayBuffer(2), "is a ArrayBuffer, which JSON cannot carry"],
  ["a promise", Promise.resolve(1), "is a Promise, which JSON cannot carry"],
  ["a regular expression", /x/, "is a RegExp, which JSON cannot carry"],
  ["an Error", new Error("x"), "is a Error, which JSON cannot carry"],
  ["a lone surrogate", "\ud83d", "holds half of a surrogate pair"],
  ["a key with a lone surrogate", { "\ud83d": 1 }, "has a key with half of a surrogate pair"],
  ["a key __proto__", JSON.parse('{ "__proto__": { "polluted": true } }'), 'has a key "__proto__"'],
  ["a BigInt from toJSON", { toJSON: () => 1n }, "is a bigint, which JSON cannot carry"],
  ["a boxed BigInt", Object(1n), "is a bigint, which JSON cannot carry"],
];
const HOSTS: [method: string, argument: string, list: boolean][] = [
  ["createChatMessage", "inputs", false],
  ["createChatMessage", "files", true],
  ["createCompletionMessage", "inputs", false],
  ["run", "inputs", false],
  ["updateConversationVariable", "value", false],
  ["updateAppSiteConfig", "config_data", false],
  ["validateModelProviderCredentials", "credentials", false],
  ["addSegments", "segments", true],
  ["createDocumentByText", "extra_params", false],
  ["createDocumentByFile", "process_rule", false],
  ["updateDocumentsMetadata", "operation_data", true],
  ["updateDataset", "retrieval_model", false],
];
for (const [name, argument, list] of HOSTS) {
  const place = list ? `${argument}[1].a["b c"]` : `${argument}.a[1]["b c"]`;
  const nest = (value: unknown) => (list ? [0, { a: { "b c": value } }] : { a: [0, { "b c": value }] });
  const entry = (fault: string, value: unknown, says: string) =>
    add({
      class: ownerOf(name),
      method: name,
      argument,
      fault: `holds ${fault}`,
      args: [{ ...sound(name), [argument]: value }],
      says: [`${name}: ${says}`],
    });
  for (const [fault, value, says] of UNJSON) entry(fault, nest(value), `${place} ${says}`);
  entry("itself", nest(cycle), `${place}.again contains itself`);
  entry("undefined in a list", nest([undefined]), `${place}[0] is undefined`);
  entry("100,000 lists in each other", nest(deep), `${argument} is nested too deeply`);
}
add({
  class: "ChatClient",
  method: "updateConversationVariable",
  argument: "value",
  fault: "becomes undefined",
  args: [{ ...sound("updateConversationVariable"), value: { toJSON: () => undefined } }],
  says: ["updateConversationVariable: value must be a JSON value"],
});

// Files, in the arguments that take one.
const FILE_FAULTS: [fault: string, value: unknown, says: string[], only?: "async" | "sync"][] = [
  ["a number", 5, ["must be a file's content", "got 5"]],
  ["an object of no kind", { content: "x" }, ["must be a file's content", "got an object"]],
  ["a function", () => "x", ["must be a file's content", "got a function"]],
  ["a file that is missing", { path: path.join(folder, "none.txt") }, ["does not exist", "none.txt"]],
  ["a file in a file", { path: path.join(folder, "a.txt", "b") }, ["names a file that"]],
  ["a folder", { path: path.join(folder, "sub") }, ["names a folder, not a file"]],
  ["a device", { path: "/dev/null" }, ["no regular file"]],
  ["an empty path", { path: "" }, ["must have a path that is a string and not empty"]],
  ["a path that is a number", { path: 5 }, ["must have a path that is a string and not empty, got 5"]],
  ["a path with NUL", { path: "a\0b" }, ["has a path with a NUL character"]],
  ["a negative descriptor", { fd: -1 }, ["must be a file's content"]],
  ["a list of one", ["a.txt"], ["[name, content]", "got 1 items"]],
  ["a list of four", ["a.txt", "x", "text/plain", {}], ["[name, content, mime type]", "got 4 items"]],
  ["a list without a name", [null, "x"], ["[0] must be the file's name, got null"]],
  ["a list with an empty name", ["", "x"], ["[0] must be the file's name"]],
  ["a list without content", ["a.txt", null], ["[1] must be a file's content", "got null"]],
  ["a list with content of no kind", ["a.txt", 5], ["[1] must be a file's content", "got 5"]],
  ["a name with a line break", ["a\r\nb.txt", "x"], ["has a file name with a line break"]],
  ["a name with a tab", ["a\tb.txt", "x"], ["has a file name with a line break or a control character"]],
  ["a name with NUL", ["a\0.txt", "x"], ["has a file name with a line break or a control character"]],
  ["a name with a lone surrogate", ["a\ud83d.txt", "x"], ["has a file name with"]],
  ["a mime type with a line break", ["a", "x", "text/plain\r\nx: y"], ["has no mime type such as"]],
  [
    "a mime type with a folded line",
    ["a", "x", "text/plain;\r\n charset=utf-8"],
    ["mime type with a control"],
  ],
  ["a mime type that is none", ["a", "x", "plain"], ["has no mime type such as", '"plain"']],
  ["a mime type that is a number", ["a", "x", 5], ["[2] must be a mime type, got 5"]],
  ["an empty mime type", ["a", "x", ""], ["[2] must be a mime type"]],
  ["a Readable", Readable.from(["x"]), ["must not be a stream in a blocking call"], "sync"],
  [
    "a Readable with a name",
    ["a", Readable.from(["x"])],
    ["must not be a stream in a blocking call"],
    "sync",
  ],
  ["a web stream", new Blob(["x"]).stream(), ["must not be a stream in a blocking call"], "sync"],
];
for (const [name, argument, wrap] of [
  ["fileUpload", "files.file", (file: unknown) => ({ files: { file } })],
  ["audioToText", "audio_file", (audio_file: unknown) => ({ audio_file })],
  ["createDocumentByFile", "file_path", (file_path: unknown) => ({ file_path })],
  ["updateDocumentByFile", "file_path", (file_path: unknown) => ({ file_path })],
  ["uploadPipelineFile", "file_path", (file_path: unknown) => ({ file_path })],
] as const) {
  const entry = (fault: string, args: object, says: string[], only?: "async" | "sync") =>
    add({
      class: ownerOf(name),
      method: name,
      argument,
      fault: `is ${fault}`,
      args: [{ ...sound(name), ...args }],
      says: [`${name}: ${argument}`, ...says],
      ...(only ? { only } : {}),
    });
  for (const [fault, value, says, only] of FILE_FAULTS) entry(fault, wrap(value), says, only);
  if (argument === "file_path")
    entry("the path of nothing", wrap(path.join(folder, "none")), ["does not exist"]);
  else entry("a bare string", wrap("a.txt"), ["must not be a bare string", "{ path }", "[name, content]"]);
}
for (const [fault, value] of [
  ["a list", [["a.txt", "x"]]],
  ["a Buffer", Buffer.from("x")],
  ["of another key", { document: aFile }],
  ["of two keys", { file: aFile, second: aFile }],
  ["empty", {}],
] as const) {
  const args = [{ user: "user-1", files: value }];
  const says = ["fileUpload: files must be { file: ... } with nothing else"];
  add({ class: "DifyClient", method: "fileUpload", argument: "files", fault: `is ${fault}`, args, says });
}
add({
  class: "DifyClient",
  method: "fileUpload",
  argument: "files (second place)",
  fault: "missing",
  args: ["user-1"],
  says: ["fileUpload: files is required"],
});

// The options of a call.
const OPTION_FAULTS: [option: string, value: unknown, says: string[], only?: "async" | "sync"][] = [
  ...["timeout", "deadline"].flatMap((name): typeof OPTION_FAULTS =>
    [0, -1, Number.NaN, "1000", null].map((value) => [
      name,
      value,
      [`option ${name} must be milliseconds`, `got ${typeof value === "string" ? "a string" : value}`],
    ]),
  ),
  ["maxRetries", -1, ["option maxRetries must be a whole number not below 0, got -1"]],
  ["maxRetries", 1.5, ["option maxRetries must be a whole number not below 0, got 1.5"]],
  ["raiseErrors", "no", ["option raiseErrors must be true or false, got a string"]],
  ["headers", { "X-A": "a\r\nb: c" }, ['option headers: "x-a" holds a line break']],
  ["headers", { "X-A\r\nB": "a" }, ["is no header name"]],
  ["headers", { "x-a": "\0" }, ['option headers: "x-a" holds']],
  ["headers", { "x-a": "日" }, ['option headers: "x-a" holds']],
  ["headers", { "x-a": 5 }, ['option headers: "x-a" must be a string, got 5']],
  ["headers", { Authorization: "Bearer x" }, ['option headers: "authorization" is set by the library']],
  ["headers", { HOST: "x" }, ['option headers: "host" is set by the library']],
  ["headers", ["x"], ["option headers must be an object, got an array"]],
  ["extraBody", [], ["option extraBody must be an object, got an array"]],
  ["extraBody", { a: [1n] }, ["option extraBody.a[0] is a bigint"]],
  ["extraBody", JSON.parse('{ "__proto__": 1 }'), ['option extraBody has a key "__proto__"']],
  ["extraQuery", "a=b", ["option extraQuery must be an object, got a string"]],
  ["extraQuery", { a: { b: 1 } }, ["option extraQuery.a holds an object"]],
  ["extraQuery", { a: [[1]] }, ["option extraQuery.a holds an object"]],
  ["extraQuery", { a: "\ud83d" }, ["option extraQuery.a holds half of a surrogate pair"]],
  ["time_out", 5, ['unknown option "time_out"', 'did you mean "timeout"?']],
  ["zzzzzz", 5, ['unknown option "zzzzzz"']],
  ["signal", {}, ["option signal must be an AbortSignal"], "async"],
  ["signal", AbortSignal.timeout(60_000), ["option signal has no meaning in a blocking call"], "sync"],
];
OPTION_FAULTS.forEach(([name, value, says, only], i) => {
  // One after the other through methods of each kind: they share the code, not the way there.
  const method = ["createChatMessage", "getAppInfo", "run", "listDatasets", "fileUpload"][i % 5] as string;
  add({
    class: ownerOf(method),
    method,
    argument: `options.${name}`,
    fault: `is ${shown(value)}`,
    args: [sound(method), { [name]: value }],
    says: [`${method}: `, ...says],
    ...(only ? { only } : {}),
  });
});
for (const [fault, value] of [
  ["a string", "blocking"],
  ["an array", []],
  ["5", 5],
] as const) {
  const says = [`getMeta: the options must be an object, got ${fault === "5" ? "5" : fault}`];
  const args = [{ user: "u" }, value];
  add({ class: "DifyClient", method: "getMeta", argument: "options", fault: `is ${fault}`, args, says });
}
add({
  class: "DifyClient",
  method: "fileUpload",
  argument: "options.extraBody",
  fault: "a field name with a line break",
  args: [{ user: "u", files: { file: aFile } }, { extraBody: { 'a"\r\n\r\nb': 1 } }],
  says: ["fileUpload: option extraBody has a field name with a control character"],
});

// The constructors.
const CONSTRUCTOR_FAULTS: [argument: string, value: unknown, says: string[], only?: "async" | "sync"][] = [
  ["apiKey", undefined, ["apiKey is required", "DIFY_API_KEY"]],
  ["apiKey", null, ["apiKey is required", "DIFY_API_KEY"]],
  ["apiKey", "", ["apiKey must not be empty"]],
  ["apiKey", "  ", ["apiKey must not be empty"]],
  ["apiKey", `${KEY}\r\nx: y`, ["apiKey must not hold spaces, line breaks"]],
  ["apiKey", `${KEY}\n`, ["apiKey must not hold spaces, line breaks"]],
  ["apiKey", `${KEY}é`, ["apiKey must not hold"]],
  ["apiKey", 5, ["apiKey must be a string, got 5"]],
  ["apiKey", { key: KEY }, ["apiKey must be a string, got an object"]],
  ["baseUrl", "dify.example/v1", ["baseUrl must be a URL such as"]],
  ["baseUrl", "localhost:5001/v1", ["baseUrl must begin with https:// or http://"]],
  ["baseUrl", "", ["baseUrl must be a URL such as"]],
  ["baseUrl", "/v1", ["baseUrl must be a URL such as"]],
  ["baseUrl", "file:///etc/passwd", ["baseUrl must begin with https:// or http://"]],
  ["baseUrl", "javascript:alert(1)", ["baseUrl must begin with https:// or http://"]],
  ["baseUrl", "https://me:5ecret@dify.example/v1", ["baseUrl must not hold a user name or a password"]],
  ["baseUrl", "https://dify.example/v1?key=5ecret", ["baseUrl must not have a query or a fragment"]],
  ["baseUrl", "https://dify.example/v1#5ecret", ["baseUrl must not have a query or a fragment"]],
  ["baseUrl", 5, ["baseUrl must be a URL as a string, got 5"]],
  ["baseUrl", new URL("https://dify.example"), ["baseUrl must be a URL as a string, got a URL"]],
  ["base_url", "https://dify.example", ['unknown option "base_url"', 'did you mean "baseUrl"?']],
  ["max_retries", 3, ['unknown option "max_retries"', 'did you mean "maxRetries"?']],
  ["enable_logging", true, ['unknown option "enable_logging"', 'did you mean "enableLogging"?']],
  ["zzzzzzzz", true, ['unknown option "zzzzzzzz"']],
  ["datasetId", "ds-1", ['unknown option "datasetId"']],
  ["signal", AbortSignal.timeout(60_000), ['unknown option "signal"']],
  ["bridge", "worker", ['option "bridge" belongs to the blocking clients'], "async"],
  ["bridge", "thread", ['option "bridge" must be "worker" or "process"'], "sync"],
  ["dispatcher", { dispatch() {} }, ['option "dispatcher" belongs to the async clients'], "sync"],
  ["dispatcher", {}, ['option "dispatcher" must be a dispatcher of undici'], "async"],
  ...["timeout", "connectTimeout", "deadline"].flatMap((name): typeof CONSTRUCTOR_FAULTS =>
    [0, -1, Number.NaN, "60", null].map((value) => [
      name,
      value,
      [`${name} must be milliseconds`, `got ${typeof value === "string" ? "a string" : value}`],
    ]),
  ),
  ["retryDelay", -1, ["retryDelay must be milliseconds", "got -1"]],
  ["maxRetryAfter", Number.NaN, ["maxRetryAfter must be milliseconds", "got NaN"]],
  ["maxRetries", -1, ["maxRetries must be a whole number not below 0, got -1"]],
  ["maxRetries", 0.5, ["maxRetries must be a whole number not below 0, got 0.5"]],
  ["maxRetries", Number.NaN, ["maxRetries must be a whole number not below 0, got NaN"]],
  ["retryUnsafe", "yes", ["retryUnsafe must be true or false, got a string"]],
  ["enableLogging", 1, ["enableLogging must be true or false, got 1"]],
  ["raiseErrors", "no", ["raiseErrors must be true or false, got a string"]],
  ["logger", "console", ["logger must be an object with debug, info, warn and error"]],
  ["logger", { info() {} }, ["logger must have the function"]],
  ["headers", { "x-a": "a\r\nb: c" }, ['headers: "x-a" holds a line break']],
  ["headers", { "x-a\r\nb": "a" }, ["is no header name"]],
  ["headers", { authorization: "Bearer x" }, ['headers: "authorization" is set by the library']],
  ["headers", { "Content-Type": "text/plain" }, ['headers: "content-type" is set by the library']],
  ["headers", "x-a: b", ["headers must be an object, got a string"]],
  ["proxy", "proxy.example:8080", ["proxy must be a URL"]],
  ["proxy", "socks5://proxy.example", ["proxy must be a URL that begins with http:// or https://"]],
  ["proxy", 5, ["proxy must be a URL as a string, or null, got 5"]],
];
const CLIENTS = ["ChatClient", "CompletionClient", "DifyClient", "WorkflowClient", "WorkspaceClient"];
CONSTRUCTOR_FAULTS.forEach(([argument, value, says, only], i) => {
  const args = argument === "apiKey" ? [value] : [KEY, { [argument]: value }];
  add({
    class: CLIENTS[i % CLIENTS.length] as string,
    method: "constructor",
    argument,
    fault: `is ${shown(value)}`,
    args,
    says,
    ...(only ? { only } : {}),
  });
});
for (const [argument, args, says] of [
  ["options", [KEY, 5], "the second argument must be the base URL or an object of options"],
  ["options", [KEY, []], "the second argument must be the base URL or an object of options"],
  ["options", [KEY, "no url"], "baseUrl must be a URL such as"],
] as const) {
  const fault = `is ${shown(args[1])}`;
  add({ class: "ChatClient", method: "constructor", argument, fault, args: [...args], says: [says] });
}
for (const [argument, args, says] of [
  ["datasetId", [KEY, { datasetId: 5 }], "option datasetId must be a string"],
  ["second", [KEY, 5], "the second argument must be a dataset id, a base URL or an object of options"],
  ["third", [KEY, "ds-1", "https://dify.example"], "the third argument must be an object of options"],
  ["baseUrl", [KEY, "ftp://dify.example"], "baseUrl must begin with https:// or http://"],
  ["datasetID", [KEY, { datasetID: "x" }], 'did you mean "datasetId"?'],
] as const) {
  const entry = { argument, fault: `is ${shown(args.at(-1))}`, args: [...args], says: [says] };
  add({ class: "KnowledgeBaseClient", method: "constructor", ...entry });
}

function shown(value: unknown): string {
  if (typeof value === "object" && value !== null && value.constructor !== Object && !Array.isArray(value))
    return `a ${value.constructor.name}`;
  return typeof value === "object" && value !== null
    ? JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}n` : v))
    : typeof value === "string"
      ? JSON.stringify(value)
      : String(value);
}

test("the table is as large as it is meant to be, and each of its entries another one", () => {
  const names = table.map(
    (entry) => `${entry.class}.${entry.method} ${entry.argument} ${entry.fault} ${entry.only}`,
  );
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(names.length).toBeGreaterThanOrEqual(300);
  const methods = new Set(table.filter((e) => e.method !== "constructor").map((e) => e.method));
  expect(methods.size).toBe(new Set(METHODS.map((method) => method.name)).size);
});

describe("bad input is refused alike in both families", () => {
  const families: FamilyUnderTest[] = [];
  const clients = new Map<string, AnyClient>();
  let recorder: Recorder;

  beforeAll(async () => {
    for (const name of ["DIFY_API_KEY", "DIFY_DATASET_API_KEY", "DIFY_BASE_URL"]) delete process.env[name];
    recorder = await startRecorder();
    families.push(asyncFamily(), syncFamily(), processFamily());
  });

  afterAll(async () => {
    for (const [name, client] of clients)
      await families.find((family) => name.startsWith(family.name))?.close(client);
    await recorder.stop();
  });

  function clientOf(family: FamilyUnderTest, entry: Entry): AnyClient {
    const name = `${family.name} ${entry.class}`;
    let client = clients.get(name);
    if (!client) {
      client = family.client(entry.class, KEY, { baseUrl: recorder.baseUrl });
      clients.set(name, client);
    }
    if (entry.class === "KnowledgeBaseClient") client.datasetId = entry.homeless ? null : "ds-1";
    return client;
  }

  async function refusal(family: FamilyUnderTest, entry: Entry): Promise<Error> {
    try {
      if (entry.method === "constructor") family.client(entry.class, ...(entry.args as [unknown]));
      else await family.call(clientOf(family, entry), entry.method, ...entry.args);
    } catch (error) {
      return error as Error;
    }
    throw new Error("it was not refused");
  }

  const isFor = (name: FamilyName, { only }: Entry) => !only || (only === "async") === (name === "async");

  test.each(
    table.map(
      (entry) => [`${entry.class}.${entry.method}: ${entry.argument} ${entry.fault}`, entry] as const,
    ),
  )("%s", async (_, entry) => {
    const messages = new Set<string>();
    for (const family of families.filter(({ name }) => isFor(name, entry))) {
      const error = await refusal(family, entry);
      expect(error).toBeInstanceOf(family.exports.ValidationError);
      expect(error).toBeInstanceOf(family.exports.DifyClientError);
      const { name, message, statusCode, operation } = error as Error & Record<string, unknown>;
      expect({ name, statusCode, operation }).toEqual({
        name: "ValidationError",
        statusCode: undefined,
        operation: entry.method === "constructor" ? undefined : entry.method,
      });
      for (const fragment of entry.says) expect(message).toContain(fragment);
      expect(message).not.toContain("5ecret");
      messages.add(message);
    }
    expect([...messages]).toHaveLength(1);
    expect(await recorder.take()).toEqual([]);
  });
});
