import { execFileSync } from "node:child_process";
import {
  cpSync,
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

const root = path.join(__dirname, "..");
const compiler = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");
let project: string;

/** Installs the packed tarball as npm would, its dependencies taken from this checkout instead of the registry. */
beforeAll(() => {
  project = mkdtempSync(path.join(tmpdir(), "dify-dual-package-"));
  const packed = execFileSync(
    "npm",
    ["pack", "--ignore-scripts", "--silent", "--pack-destination", project],
    {
      cwd: root,
      encoding: "utf8",
    },
  ).trim();
  execFileSync("tar", ["xzf", path.join(project, packed), "-C", project]);
  const modules = path.join(project, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(path.join(root, "node_modules"))) {
    if (!name.startsWith(".")) symlinkSync(path.join(root, "node_modules", name), path.join(modules, name));
  }
  cpSync(path.join(project, "package"), path.join(modules, "dify-dual"), { recursive: true });
  writeFileSync(path.join(project, "package.json"), JSON.stringify({ name: "user", private: true }));
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

function run(file: string, source: string, cwd = project): string {
  writeFileSync(path.join(cwd, file), source);
  return execFileSync(process.execPath, [file], { cwd, encoding: "utf8" }).trim();
}

const REQUIRE_FOR_ESM =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';

// Both families and the fake, end to end.
const body = `
  const fake = startFakeDifySync({ pace: 0 });
  const options = { baseUrl: fake.baseUrl };
  const message = { inputs: {}, query: "Hello", user: "u" };
  const chat = new ChatClient(fake.keys.chat, options);
  console.log("sync", typeof chat.createChatMessage(message).json().answer);
  console.log("sync stream", chat.createChatMessage({ ...message, response_mode: "streaming" }).text().length > 0);
  const main = async () => {
    const client = new AsyncChatClient(fake.keys.chat, options);
    console.log("async", typeof (await client.createChatMessage(message)).json().answer);
    await client.aclose();
    chat.close();
    fake.close();
  };
  main().catch((error) => { console.error(error); process.exit(1); });
`;
const expected = ["sync string", "sync stream true", "async string"].join("\n");

test("CommonJS", () => {
  const source = `const { ChatClient } = require("dify-dual/sync"); const { AsyncChatClient } = require("dify-dual/async");
    const { startFakeDifySync } = require("dify-dual/testing"); ${body}`;
  expect(run("common.cjs", source)).toBe(expected);
});

test("ES modules", () => {
  const source = `import { ChatClient, AsyncChatClient } from "dify-dual"; import { startFakeDifySync } from "dify-dual/testing"; ${body}`;
  expect(run("module.mjs", source)).toBe(expected);
});

test("one copy of each class, whichever way it is loaded", () => {
  const source = `import * as esm from "dify-dual"; import * as esmSync from "dify-dual/sync"; import { createRequire } from "node:module";
    const cjs = createRequire(import.meta.url)("dify-dual");
    console.log(Object.keys(cjs).every((name) => esm[name] === cjs[name]) && esmSync.APIError === cjs.APIError && Object.keys(cjs).length > 20);`;
  expect(run("same.mjs", source)).toBe("true");
});

test("the classes have the names that they are exported by", () => {
  const source = `const { basename } = require("node:path"); const cjs = require("dify-dual");
    console.log(Object.keys(cjs).filter((name) => typeof cjs[name] === "function" && cjs[name].name !== name).join());`;
  expect(run("names.cjs", source)).toBe("");
});

test.each(["dify-dual", "dify-dual/async", "dify-dual/sync"])("%s loads little", (entry) => {
  // What takes long to load is loaded when it is needed.
  const source = `const before = new Set(process.moduleLoadList);
    require("${entry}");
    const late = /^NativeModule (?:child_process|crypto|http|http2|https|net|tls|vm|worker_threads)$/;
    const files = Object.keys(require.cache).filter((file) => file !== __filename);
    console.log(process.moduleLoadList.filter((name) => !before.has(name) && late.test(name)).join(), files.length);`;
  expect(run("loads.cjs", source)).toBe("2");
});

describe("undici", () => {
  const source = `const { AsyncChatClient, ChatClient } = require("dify-dual");
    const { startFakeDifySync } = require("dify-dual/testing"); ${body}
    process.on("exit", () => {
      const files = Object.keys(require.cache).map((file) => file.replaceAll("\\\\", "/"));
      console.log(files.some((file) => file.endsWith("/lib/dispatcher/pool.js")), files.some((file) => file.endsWith("/undici/index.js")));
    });`;

  test("of it, the pool is loaded, not all", () => {
    expect(run("pool.cjs", source)).toBe(`${expected}\ntrue false`);
  });

  test("is loaded whole where the pool's file is not to be had", () => {
    const folder = path.join(project, "without-deep-path");
    const modules = path.join(folder, "node_modules");
    cpSync(path.join(project, "package"), path.join(modules, "dify-dual"), { recursive: true });
    const whole = path.join(modules, "undici");
    mkdirSync(whole);
    // Nothing but its main file may be asked for: also the worker then has no other way.
    writeFileSync(
      path.join(whole, "package.json"),
      JSON.stringify({ name: "undici", exports: "./index.js" }),
    );
    writeFileSync(
      path.join(whole, "index.js"),
      `module.exports = require(${JSON.stringify(require.resolve("undici"))});`,
    );
    expect(run("whole.cjs", source, folder)).toBe(`${expected}\ntrue true`);
  });
});

test.each(["cjs", "esm"])("in a bundle (%s), both bridges say what to do", (format) => {
  const source = `import { ChatClient } from "dify-dual";
    for (const bridge of ["worker", "process"]) {
      try {
        new ChatClient("k", { baseUrl: "http://127.0.0.1:9", bridge }).getMeta({ user: "u" });
      } catch (error) {
        console.log(error.name, /must leave "dify-dual" out of the bundle \\(external\\)/.test(error.message));
      }
    }`;
  // The name is that of the library's own file, and a worker.js beside it is somebody else's.
  const folder = path.join(project, format);
  mkdirSync(folder);
  writeFileSync(path.join(folder, "entry.mjs"), source);
  writeFileSync(path.join(folder, "worker.js"), "process.exit(1);");
  const outfile = path.join(folder, `dify-dual.${format === "esm" ? "mjs" : "js"}`);
  const options = {
    ...{ entryPoints: [path.join(folder, "entry.mjs")], outfile, bundle: true, platform: "node", format },
    external: ["undici", "form-data", "sync-rpc"],
    ...(format === "esm" ? { banner: { js: REQUIRE_FOR_ESM } } : {}),
  };
  const esbuild = JSON.stringify(require.resolve("esbuild"));
  execFileSync(process.execPath, ["-e", `require(${esbuild}).buildSync(${JSON.stringify(options)})`]);
  const output = execFileSync(process.execPath, [outfile], { encoding: "utf8" });
  expect(output).toBe("BridgeError true\nBridgeError true\n");
});

test.each(["nodenext", "bundler"])("TypeScript with moduleResolution %s", (resolution) => {
  const source = `import { ChatClient, AsyncChatClient, type ChatAnswer } from "dify-dual";
    import { startFakeDify } from "dify-dual/testing"; import { DifyClient } from "dify-dual/sync"; import { AsyncDifyClient } from "dify-dual/async";
    export async function main(): Promise<string> {
      await using fake = await startFakeDify();
      await using client = new AsyncChatClient(fake.keys.chat, { baseUrl: fake.baseUrl });
      const answer: ChatAnswer = (await client.createChatMessage({ inputs: {}, query: "Hello", user: "u" })).json();
      using chat = new ChatClient("k");
      return answer.answer + String(chat instanceof DifyClient) + String(client instanceof AsyncDifyClient);
    }`;
  const module = resolution === "nodenext" ? "nodenext" : "esnext";
  for (const extension of ["ts", "mts"]) {
    const file = `user-${resolution}.${extension}`;
    writeFileSync(path.join(project, file), source);
    execFileSync(
      process.execPath,
      [
        ...[compiler, "--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"],
        ...["--module", module, "--moduleResolution", resolution, "--target", "es2022", "--types", "node"],
        ...["--lib", "es2023,esnext.disposable", file],
      ],
      { cwd: project, stdio: ["ignore", "inherit", "inherit"] },
    );
  }
});

test("the tarball holds what it must, and nothing else", () => {
  const files = readdirSync(path.join(project, "package"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(path.join(project, "package"), path.join(entry.parentPath, entry.name)));
  expect(files).toEqual(
    expect.arrayContaining(["package.json", "README.md", "LICENSE", "dist/index.js", "dist/index.mjs"]),
  );
  // The JavaScript is these bundles, and an ES module for each entry.
  const code = files.filter((file) => /\.[cm]?js$/.test(file)).map((file) => path.relative("dist", file));
  expect(code.sort()).toEqual(
    [
      ...[
        "dify-dual.js",
        "worker.js",
        "process-child.js",
        "parent-watch.js",
        "pipe.js",
        "testing/server-worker.js",
      ],
      ...["index", "lib/index", "lib-sync/index", "testing/index"].flatMap((entry) => [
        `${entry}.js`,
        `${entry}.mjs`,
      ]),
    ].sort(),
  );
  expect(
    files.filter((file) => !/^(dist|docs)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(file)),
  ).toEqual([]);
  const { dependencies } = JSON.parse(readFileSync(path.join(project, "package", "package.json"), "utf8"));
  expect(Object.keys(dependencies).sort()).toEqual(["@types/node", "form-data", "sync-rpc", "undici"]);
});
