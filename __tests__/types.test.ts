import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript6";

const root = path.join(__dirname, "..");
const compiler = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");

test("the type tests compile, and each line that must be refused is", () => {
  execFileSync(process.execPath, [compiler, "--noEmit", "-p", "__tests__/types/tsconfig.json"], {
    cwd: root,
    encoding: "utf8",
  });
});

describe("hovering a method shows its documentation", () => {
  const file = path.join(root, "__tests__", "types", "hover.ts");
  const methods: [client: string, method: string, says: RegExp][] = [
    ["ChatClient", "createChatMessage", /Python `create_chat_message`/],
    ["AsyncChatClient", "createChatMessage", /`POST \/chat-messages`/],
    ["WorkflowClient", "run", /pass one of your own/],
    ["AsyncWorkflowClient", "run", /`POST \/workflows\/run`/],
    ["KnowledgeBaseClient", "listDocuments", /Python `list_documents`/],
    ["AsyncKnowledgeBaseClient", "getAppInfo", /Python `get_app_info`/],
    ["CompletionClient", "fileUpload", /Python `file_upload`/],
    ["AsyncWorkspaceClient", "getAvailableModels", /Python `get_available_models`/],
  ];
  const source = methods
    .map(([client, method], i) => `import { ${client} as C${i} } from "dify-dual"; new C${i}("k").${method};`)
    .join("\n");
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    types: ["node"],
    strict: true,
  };
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) => {
      if (name === file) return ts.ScriptSnapshot.fromString(source);
      const text = ts.sys.readFile(name);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => root,
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });

  test.each(methods)("%s.%s", (_client, method, says) => {
    const index = methods.findIndex(([client, name]) => client === _client && name === method);
    const line = source.split("\n").slice(0, index).join("\n").length + (index === 0 ? 0 : 1);
    const at = source.indexOf(`").${method};`, line) + 3;
    const info = service.getQuickInfoAtPosition(file, at);
    expect(ts.displayPartsToString(info?.documentation)).toMatch(says);
    const definition = service.getDefinitionAtPosition(file, at)?.[0];
    expect(definition?.fileName).toContain(`${path.sep}lib${path.sep}api${path.sep}`);
  });
});

test("the version in the code is the package's", () => {
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    version: string;
  };
  const { VERSION } = require("../lib/version") as { VERSION: string };
  expect(VERSION).toBe(version);
});
