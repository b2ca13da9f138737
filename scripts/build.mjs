// Builds dist/: the types by the compiler, a file for each of the sources, and the JavaScript by esbuild, as few
// files: loading sixty small ones takes twice as long. All entries of the library are façades of one file, so that
// there is one copy of each class whichever way the package is loaded.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const dist = path.join(root, "dist");

const ALL = "dify-dual.js";
const FACADES = ["index", "lib/index", "lib-sync/index"];
const TESTING = "testing/index";

/** Not in the bundles: what npm installs beside the package. */
const external = ["undici", "undici/*", "form-data", "sync-rpc"];
/** What the child process has loaded before all else, and must not load twice. */
const parentWatch = {
  name: "parent-watch",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/parent-watch$/ }, ({ path }) => ({ path: `${path}.js`, external: true })),
};

const bundle = (entryPoints, options) =>
  build({
    absWorkingDir: root,
    entryPoints,
    outdir: dist,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    external,
    plugins: [parentWatch],
    logLevel: "warning",
    ...options,
  });

rmSync(dist, { recursive: true, force: true });
const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });

await bundle({
  [path.parse(ALL).name]: "index.ts",
  // What the bridges start.
  worker: "lib-sync/bridge/worker.ts",
  "process-child": "lib-sync/bridge/process-child.ts",
  "parent-watch": "lib-sync/bridge/parent-watch.ts",
  pipe: "lib-sync/bridge/pipe.ts",
  [TESTING]: `${TESTING}.ts`,
  // The fake server's thread.
  "testing/server-worker": "testing/server-worker.ts",
});

/** The values that an entry exports. */
async function exportsOf(entry) {
  const { metafile } = await bundle([`${entry}.ts`], { format: "esm", metafile: true, write: false });
  return Object.values(metafile.outputs)[0].exports.sort();
}

for (const entry of [...FACADES, TESTING]) {
  const file = path.join(dist, entry);
  const names = await exportsOf(entry);
  const base = `./${path.basename(entry)}.js`;
  if (entry !== TESTING) {
    const all = path.posix.relative(path.posix.dirname(entry), ALL);
    // By way of a variable: what is written as a re-export, Node reads from end to end in search of names when an ES
    // module imports the façade.
    writeFileSync(
      `${file}.js`,
      `"use strict";\nconst all = require("${all.startsWith(".") ? all : `./${all}`}");\n` +
        (entry === "index"
          ? "module.exports = all;\n"
          : `Object.defineProperty(exports, "__esModule", { value: true });\n${names.map((name) => `exports.${name} = all.${name};\n`).join("")}`),
    );
  }
  writeFileSync(
    `${file}.mjs`,
    `import cjs from "${base}";\nexport const {\n${names.map((name) => `  ${name},\n`).join("")}} = cjs;\n`,
  );
  // Without this the types of Node are found only where a dependency's typings ask for them or they are hoisted: under
  // a strict layout every Buffer and Blob would silently be any.
  writeFileSync(`${file}.d.ts`, `/// <reference types="node" />\n${readFileSync(`${file}.d.ts`, "utf8")}`);
  writeFileSync(`${file}.d.mts`, `export * from "${base}";\n`);
}
