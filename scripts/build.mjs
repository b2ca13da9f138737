// Builds dist/: CommonJS by the compiler, and thin ES module façades that re-export the same objects, so that there
// is one copy of each class whichever way the package is loaded.
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const dist = path.join(root, "dist");

rmSync(dist, { recursive: true, force: true });
const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");
execFileSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });

for (const entry of ["index", "lib/index", "lib-sync/index", "testing/index"]) {
  const file = path.join(dist, entry);
  const names = Object.keys(require(`${file}.js`)).sort();
  const base = `./${path.basename(entry)}.js`;
  writeFileSync(
    `${file}.mjs`,
    `import cjs from "${base}";\nexport const {\n${names.map((name) => `  ${name},\n`).join("")}} = cjs;\n`,
  );
  // Without this the types of Node are found only where a dependency's typings ask for them or they are hoisted: under
  // a strict layout every Buffer and Blob would silently be any.
  writeFileSync(`${file}.d.ts`, `/// <reference types="node" />\n${readFileSync(`${file}.d.ts`, "utf8")}`);
  writeFileSync(`${file}.d.mts`, `export * from "${base}";\n`);
}
