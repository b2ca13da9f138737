import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

interface Method {
  className: string;
  asyncName: string;
  name: string;
  operation: string;
  route: string;
  parameters: { name: string; required: boolean }[];
  served: boolean;
  python: { python: string } | null;
}

interface PythonMethod {
  python: string;
  name: string;
  params: { name: string; default: unknown }[];
  http: string;
  served: string;
}

const root = path.join(__dirname, "..");
const surface = JSON.parse(readFileSync(path.join(__dirname, "fixtures", "python-surface.json"), "utf8")) as {
  classes: Record<string, { methods: PythonMethod[] }>;
};
const page = readFileSync(path.join(root, "docs", "porting-from-python.md"), "utf8");
const generator = path.join(root, "scripts", "porting-table.mjs");
const generate = (option: string) =>
  execFileSync(process.execPath, [generator, option], { encoding: "utf8", maxBuffer: 2 ** 24 });
const methods = JSON.parse(generate("--json")) as Method[];

const pythonMethods = Object.entries(surface.classes).flatMap(([className, { methods: listed }]) =>
  listed.map((method) => ({ className, ...method })),
);

// The dataset's id is an attribute of the client; the routes with underscores are deprecated.
const canonical = (http: string) =>
  http
    .replace(/\{(?:dataset_id\|)?self\.dataset_id\}/, "{dataset_id}")
    .replace(/(create|update)_by_(text|file)/, "$1-by-$2");

/** The doc comment in front of each method, by class and method. */
function docComments(): Map<string, string> {
  const comments = new Map<string, string>();
  const folder = path.join(root, "lib", "api");
  for (const file of readdirSync(folder)) {
    const source = readFileSync(path.join(folder, file), "utf8");
    const className = /export abstract class (\w+)Api</.exec(source)?.[1];
    if (!className) continue;
    for (const [, comment = "", name = ""] of source.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+(\w+)[<(]/g,
    )) {
      const text = comment.replace(/\s*\n\s*\*\s?/g, " ").trim();
      const key = `${className}Client.${name}`;
      // Of a method with overloads the first comment is the one that counts.
      if (!comments.has(key)) comments.set(key, text);
    }
  }
  return comments;
}

test("the page's table is what the code says", () => {
  const table = generate("--print").trim();
  expect(page).toContain(table);
});

test("Python's list has 90 methods, and each is here", () => {
  expect(pythonMethods).toHaveLength(90);
  const here = new Set(methods.map(({ className, name }) => `${className}.${name}`));
  expect(
    pythonMethods.map(({ className, name }) => `${className}.${name}`).filter((key) => !here.has(key)),
  ).toEqual([]);
});

const comments = docComments();

test.each(pythonMethods)("$className, $python", (python) => {
  const method = methods.find(
    ({ className, name }) => className === python.className && name === python.name,
  );

  // Its own name, route and parameters.
  expect(method?.operation).toBe(python.name);
  expect(python.python.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())).toBe(python.name);
  expect(method?.route).toBe(canonical(python.http));
  const parameters = method?.parameters ?? [];
  expect(parameters.map(({ name }) => name)).toEqual(
    expect.arrayContaining(python.params.map(({ name }) => name)),
  );
  // Nothing that Python lets be left out is required here.
  const optional = python.params.filter((param) => param.default !== "required").map(({ name }) => name);
  expect(parameters.filter(({ name, required }) => required && optional.includes(name))).toEqual([]);
  expect(method?.served).toBe(python.served === "yes");

  // Its documentation, which an editor shows.
  const comment = comments.get(`${python.className}.${python.name}`) ?? "";
  expect(comment).toContain(`\`${method?.route}\` · Python \`${python.python}\``);
  expect(comment.includes("Not served by Dify")).toBe(python.served !== "yes");
  expect(comment.indexOf("`")).toBeGreaterThan(0);

  // Its row in the page.
  const section = page.slice(page.indexOf(`### ${python.className} and Async${python.className}`));
  const row = section.split("\n").find((line) => line.startsWith(`| \`${python.python}(`)) ?? "";
  const [, , blocking, awaited, route, served] = row.split("|").map((cell) => cell.trim());
  expect(blocking).toMatch(new RegExp(`^\`${python.name}\\(.*\\)\`$`));
  expect(awaited).toMatch(new RegExp(`^\`await ${python.name}\\(.*\\)\`$`));
  expect(route).toBe(`\`${method?.route}\``);
  expect(served).toBe(python.served === "yes" ? "yes" : "no (404)");
});
