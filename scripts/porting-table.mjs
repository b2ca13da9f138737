// The table of methods in docs/porting-from-python.md, made from the built package and the list of Python's methods.
//
//   node scripts/porting-table.mjs           writes it into the page
//   node scripts/porting-table.mjs --print   prints it
//   node scripts/porting-table.mjs --json    prints what it is made of
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const page = path.join(root, "docs", "porting-from-python.md");
const library = createRequire(import.meta.url)(path.join(root, "dist", "index.js"));
const surface = JSON.parse(readFileSync(path.join(root, "__tests__/fixtures/python-surface.json"), "utf8"));

const CLASSES = [
  "DifyClient",
  "CompletionClient",
  "ChatClient",
  "WorkflowClient",
  "KnowledgeBaseClient",
  "WorkspaceClient",
];
const BEGIN = "<!-- methods: made by scripts/porting-table.mjs -->";
const END = "<!-- end of methods -->";

/** Every method of a class itself, in the order of the code, with its endpoint and its twin in Python. */
function methodsOf(className) {
  const python = new Map(surface.classes[className].methods.map((method) => [method.name, method]));
  const api = Object.getPrototypeOf(library[className].prototype);
  const methods = [];
  for (const name of Object.getOwnPropertyNames(api)) {
    // A method hands its endpoint to `call` and does nothing else; the class's other members make no call.
    let endpoint;
    if (name !== "constructor" && name !== "call" && typeof api[name] === "function") {
      const recorder = { call: (described) => (endpoint = described), caller: () => ({}) };
      try {
        api[name].call(recorder);
      } catch {
        continue;
      }
    }
    if (!endpoint) continue;
    const parameters = [...endpoint.params].map(([parameter, { required }]) => ({
      name: parameter,
      required,
    }));
    methods.push({
      className,
      asyncName: `Async${className}`,
      name,
      operation: endpoint.operation,
      route: `${endpoint.method} ${endpoint.template.route}`,
      parameters,
      served: !endpoint.notServed,
      python: python.get(name) ?? null,
    });
  }
  return methods;
}

function table(className) {
  const rows = methodsOf(className).map((method) => {
    const call = `${method.name}(${argumentsOf(method)})`;
    return [
      method.python ? code(`${method.python.python}(${pythonArguments(method.python)})`) : "",
      code(call),
      code(`await ${call}`),
      code(method.route),
      method.served ? "yes" : "no (404)",
    ];
  });
  const heads = ["Python", "blocking", "awaited", "route", "served"];
  // Padded, as the formatter wants its tables.
  const widths = heads.map((_, column) => Math.max(...[heads, ...rows].map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  const title = `### ${className} and Async${className}`;
  return [title, "", line(heads), line(rule), ...rows.map(line)].join("\n");
}

/** The required ones by name; dots stand for those that may be left out. */
function argumentsOf({ parameters }) {
  const names = parameters.filter(({ required }) => required).map(({ name }) => name);
  const more = parameters.some(({ required }) => !required);
  if (names.length === 0) return more ? "{ ... }" : "";
  return `{ ${names.join(", ")}${more ? ", ..." : ""} }`;
}

function pythonArguments({ params }) {
  const names = params.filter((param) => param.default === "required").map(({ name }) => name);
  if (names.length < params.length) names.push("...");
  return names.join(", ");
}

const code = (text) => `\`${text}\``;

function tables() {
  return `${BEGIN}\n\n${CLASSES.map(table).join("\n\n")}\n\n${END}`;
}

const [option] = process.argv.slice(2);
if (option === "--json") console.log(JSON.stringify(CLASSES.flatMap(methodsOf)));
else if (option === "--print") console.log(tables());
else {
  const text = readFileSync(page, "utf8");
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${page} has no place for the table`);
  writeFileSync(page, text.slice(0, begin) + tables() + text.slice(end + END.length));
}
