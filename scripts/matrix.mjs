// Runs the whole test suite, and the main program, on each version of Node that is supported, and then what
// npm run test:platforms does on the Node that runs this. With versions named, those alone:
//   npm run test:matrix [-- 20 26]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const folder = path.join(here, "matrix");
const root = path.join(here, "..");
const named = process.argv.slice(2);
const versions = named.length > 0 ? named : ["20", "22", "24", "26"];
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

const run = (command, args, options) =>
  spawnSync(command, args, { cwd: root, encoding: "utf8", maxBuffer: Number.POSITIVE_INFINITY, ...options });

const missing = versions.filter((version) => !existsSync(binary(version)));
if (missing.length > 0) {
  // What npm's package "node" would fetch in an install script, asked for directly: scripts may be forbidden.
  const platform = process.platform === "win32" ? "win" : process.platform;
  const prefix = process.platform === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const wanted = missing.map(
    (version) => `node${version}@npm:${prefix}-${platform}-${process.arch}@${version}`,
  );
  const { status } = run(
    npm,
    ["install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", ...wanted],
    {
      cwd: folder,
      stdio: "inherit",
    },
  );
  if (status !== 0) process.exit(1);
}
const built = run(npm, ["run", "build"], { stdio: "inherit" });
if (built.status !== 0) process.exit(1);

let failed = false;
const summary = [];
for (const version of versions) {
  const node = binary(version);
  // Everything that a test starts by the name "node" or through process.execPath is of this version too.
  const env = { ...process.env, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` };
  const exact = run(node, ["--version"], { env }).stdout.trim();
  console.log(`\n== Node ${exact}`);
  const start = run(node, ["examples/start.js"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const tests = run(node, ["scripts/test.mjs"], { env, stdio: ["ignore", "pipe", "inherit"] });
  process.stdout.write(tests.stdout);
  const tally = /(\d+) passed, (\d+) failed\s*$/.exec(tests.stdout);
  const ok = start.status === 0 && tests.status === 0;
  if (!ok) failed = true;
  summary.push(
    `Node ${exact}: npm start ${start.status === 0 ? "ran" : "FAILED"}, tests ${tally ? tally[0].trim() : "did not run"}`,
  );
}
if (named.length > 0) {
  summary.push("npm run test:platforms: not run, as versions were named");
} else {
  console.log("\n== Platforms");
  const platforms = run(process.execPath, ["scripts/platforms.mjs"], { stdio: "inherit" });
  if (platforms.status !== 0) failed = true;
  summary.push(`npm run test:platforms ${platforms.status === 0 ? "passed" : "FAILED"}`);
}
console.log(`\n${summary.join("\n")}`);
process.exit(failed ? 1 : 0);

function binary(version) {
  const name = process.platform === "win32" ? "node.exe" : "node";
  return path.join(folder, "node_modules", `node${version}`, "bin", name);
}
