// Runs the long tests of __tests__/soak one after the other and shows their figures; ends with code 1 where one fails.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../__tests__/soak/", import.meta.url));
// load.cjs is what load.mjs and the short version in __tests__/load.test.ts share.
const files = readdirSync(folder).filter((name) => /\.[cm]js$/.test(name) && name !== "load.cjs");

let failed = 0;
for (const name of files.sort()) {
  console.log(`${name} on Node ${process.versions.node}`);
  const start = performance.now();
  const { status } = spawnSync(process.execPath, [path.join(folder, name)], { stdio: "inherit" });
  if (status !== 0) failed++;
  console.log(
    `${name}: ${status === 0 ? "passed" : "FAILED"} in ${Math.round((performance.now() - start) / 1_000)} s`,
  );
}
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
