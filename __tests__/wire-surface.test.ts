import { readFileSync } from "node:fs";
import * as path from "node:path";
import { asyncFamily, type FamilyUnderTest, syncFamily } from "./helpers/recorder-families";
import { CLASSES, canonical, EXCEPTIONS, type PythonMethod } from "./helpers/recorder-python";

const API_FILES: Record<string, string> = {
  DifyClient: "base",
  ChatClient: "chat",
  CompletionClient: "completion",
  KnowledgeBaseClient: "knowledge-base",
  WorkflowClient: "workflow",
  WorkspaceClient: "workspace",
};
const methods = Object.entries(CLASSES).flatMap(([owner, { methods }]) =>
  methods.map((method): [string, string, PythonMethod] => [owner, method.name, method]),
);
const families: [string, () => FamilyUnderTest][] = [
  ["async", asyncFamily],
  ["sync", syncFamily],
];

test("Python has 90 methods in six classes, and each has one name here", () => {
  expect(methods).toHaveLength(90);
  expect(Object.keys(CLASSES).sort()).toEqual(Object.keys(API_FILES).sort());
  for (const [, name, { python }] of methods)
    expect(name).toBe(python.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
});

describe.each(families)("the surface of the %s family", (name, load) => {
  const family = load();
  const clientOf = (owner: string) => family.client(owner, "key");
  const base = () => family.exports[name === "async" ? "AsyncDifyClient" : "DifyClient"];

  test.each(methods)("%s.%s", (owner, method) => {
    expect(typeof clientOf(owner)[method]).toBe("function");
    const strangers = Object.keys(CLASSES).filter(
      (other) =>
        other !== owner &&
        owner !== "DifyClient" &&
        !CLASSES[other]?.methods.some((own) => own.name === method),
    );
    for (const stranger of strangers) expect(method in clientOf(stranger)).toBe(false);
    if (owner === "DifyClient")
      for (const heir of Object.keys(CLASSES)) expect(typeof clientOf(heir)[method]).toBe("function");
  });

  test.each(Object.entries(CLASSES))("%s stands where it does in Python", (owner, { async_twin }) => {
    const className = name === "async" ? async_twin : owner;
    const client = clientOf(owner);
    expect(client.constructor.name).toBe(className);
    expect(client).toBeInstanceOf(family.exports[className]);
    expect(client).toBeInstanceOf(base());
    const other = name === "async" ? syncFamily().exports.DifyClient : asyncFamily().exports.AsyncDifyClient;
    expect(client instanceof other).toBe(false);
    for (const sibling of Object.keys(CLASSES).filter((c) => c !== owner && c !== "DifyClient"))
      expect(client instanceof family.exports[name === "async" ? `Async${sibling}` : sibling]).toBe(false);
    const Base: new (key: string) => object = base();
    class Mine extends Base {}
    expect(client instanceof Mine).toBe(false);
    expect(new Mine("key")).toBeInstanceOf(base());
    expect({} instanceof base()).toBe(false);
    expect(base().prototype instanceof base()).toBe(false);
  });

  test.each(Object.entries(EXCEPTIONS))("%s is Python's", (error, { base }) => {
    const Class = family.exports[error];
    const parent = base === "Exception" ? Error : family.exports[base];
    expect(Object.getPrototypeOf(Class)).toBe(parent);
    const made = new Class("message", { statusCode: 418 });
    expect(made).toBeInstanceOf(Error);
    expect({ name: made.name, message: made.message, statusCode: made.statusCode }).toEqual({
      name: error,
      message: "message",
      statusCode: 418,
    });
  });
});

test("both families share the errors and the answer, and the root has all twelve clients", () => {
  const root = require(path.join(__dirname, "..", "dist", "index.js"));
  const [async, sync] = [asyncFamily().exports, syncFamily().exports];
  for (const name of [...Object.keys(EXCEPTIONS), "StreamError", "BridgeError", "DifyResponse"]) {
    expect(typeof root[name]).toBe("function");
    expect(async[name]).toBe(root[name]);
    expect(sync[name]).toBe(root[name]);
  }
  for (const [name, { async_twin }] of Object.entries(CLASSES)) {
    expect(root[name]).toBe(sync[name]);
    expect(root[async_twin]).toBe(async[async_twin]);
  }
});

test.each(methods)("%s.%s has a doc comment with its route and Python's name", (owner, name, method) => {
  const source = readFileSync(path.join(__dirname, "..", "lib", "api", `${API_FILES[owner]}.ts`), "utf8");
  const comments = [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(\w+)[<(]/g)];
  const [, comment = ""] = comments.find(([, , documented]) => documented === name) ?? [];
  const words = comment.replace(/\n\s*\* ?/g, " ").replace(/\s+/g, " ");
  const route = canonical(method.http.replace(/\{(\w+\|)?self\./, "{"));
  expect(words).toContain(`\`${route}\` · Python \`${method.python}\``);
  expect(words.includes("Not served by Dify 1.14.2 (404)")).toBe(method.served !== "yes");
});
