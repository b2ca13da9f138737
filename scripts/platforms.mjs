// Installs the packed tarball into projects outside this one, as users have them, and runs each against the fake
// server. The registry is needed for the installs, and nothing but this machine afterwards.
//   npm run test:platforms [-- esbuild pnpm]
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "..");
const windows = process.platform === "win32";

const run = (program) => ["node", program];
const typescript = (...given) => {
  const flags = [...given, "--strict", "--exactOptionalPropertyTypes", "--target", "es2022"];
  const bundler = ["--module", "esnext", "--moduleResolution", "bundler"];
  return {
    nodenext: [
      ["tsc", ...flags, "--module", "nodenext", "--outDir", "nodenext", "program.mts", "program.cts"],
      run("nodenext/program.mjs"),
      run("nodenext/program.cjs"),
    ],
    bundler: [
      ["tsc", ...flags, ...bundler, "--outDir", "bundler", "program.mts"],
      run("bundler/program.mjs"),
    ],
  };
};
const checked = ["--skipLibCheck", "false"];

// An ES module bundle of anything that is CommonJS needs a require, by esbuild's own advice.
const requireForEsm =
  'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);';
const bundle = (entry, format, external) => {
  const file = `bundle/${path.parse(entry).name}-${format}.${format === "esm" ? "mjs" : "cjs"}`;
  const flags = [
    "--bundle",
    "--platform=node",
    "--log-level=error",
    `--format=${format}`,
    `--external:${external}`,
  ];
  if (format === "esm") flags.push(`--banner:js=${requireForEsm}`);
  return [["esbuild", entry, ...flags, `--outfile=${file}`], run(file)];
};

const node = { CommonJS: [run("common.cjs")], "ES modules": [run("module.mjs")] };
const isolated = ["--node-linker=isolated", "--ignore-workspace"];

/** Each project: what it installs beside the tarball, and its cases, which are commands to run one after the other. */
const projects = [
  { name: "Node", cases: node },
  ...["5.4", "5.5", "5.9", "6.0", "7.0"].map((version) => ({
    name: `TypeScript ${version}`,
    dependencies: { typescript: `~${version}.0` },
    cases: typescript(...checked),
  })),
  {
    name: "TypeScript 7.0, with newer types of Node",
    dependencies: { typescript: "~7.0.0", "@types/node": "^24" },
    cases: typescript(...checked),
  },
  {
    name: "esbuild",
    dependencies: { esbuild: "^0.28.0" },
    cases: {
      "dify-dual bundled, CommonJS": bundle("bundled.mjs", "cjs", "dify-dual/testing"),
      "dify-dual bundled, ES module": bundle("bundled.mjs", "esm", "dify-dual/testing"),
      "dify-dual external, CommonJS": bundle("common.cjs", "cjs", "dify-dual"),
      "dify-dual external, ES module": bundle("module.mjs", "esm", "dify-dual"),
    },
  },
  {
    name: "jest 30",
    dependencies: { jest: "^30.0.0" },
    cases: { tests: [["jest", "--testMatch", "**/jest.test.cjs"]] },
    says: /^Tests: +1 passed, 1 total$/m,
  },
  {
    name: "vitest 3",
    dependencies: { vitest: "^3.0.0" },
    cases: {
      "in processes": [["vitest", "run", "--pool=forks", "vitest.test.mjs"]],
      "in threads": [["vitest", "run", "--pool=threads", "vitest.test.mjs"]],
    },
    says: /Tests +1 passed \(1\)/,
  },
  {
    name: "pnpm",
    pnpm: isolated,
    dependencies: { typescript: "~7.0.0" },
    cases: {
      ...node,
      ...typescript(...checked),
    },
  },
  {
    name: "pnpm, nothing hoisted",
    pnpm: [...isolated, "--config.hoist=false"],
    dependencies: { typescript: "~7.0.0" },
    // undici's own typings ask for those of Node without depending on them, so here they cannot be checked.
    cases: {
      ...node,
      ...typescript("--skipLibCheck"),
    },
  },
];

/** A folder with no node_modules above it, which would lend the projects what they have not installed. */
function outside() {
  const lent = (folder) =>
    existsSync(path.join(folder, "node_modules")) ||
    (path.dirname(folder) !== folder && lent(path.dirname(folder)));
  const parent = [tmpdir(), "/var/tmp", homedir()].find((folder) => existsSync(folder) && !lent(folder));
  if (!parent)
    throw new Error("no folder for temporary files is without a node_modules above it: set TMPDIR");
  return mkdtempSync(path.join(parent, "dify-dual-platforms-"));
}

const env = { ...process.env, PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH}` };
for (const name of ["NODE_OPTIONS", "NODE_PATH"]) delete env[name];

/** Runs a command in a folder: node is this one, npm the user's, the rest what the folder's project has installed. */
function execute(folder, [tool, ...args]) {
  const own = path.join(folder, "node_modules", ".bin", tool);
  const command = tool === "node" ? process.execPath : tool === "npm" ? "npm" : own;
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: folder,
    encoding: "utf8",
    env,
    killSignal: "SIGKILL",
    shell: windows && tool !== "node",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 300_000,
  });
  const output = `${stdout ?? ""}${stderr ?? ""}`;
  if (status === 0) return output;
  throw new Error(`${[tool, ...args].join(" ")}: ${error?.message ?? `status ${status}`}\n${output}`);
}

const quiet = ["--no-audit", "--no-fund", "--no-package-lock"];

function setUp(project, folder, tarball, pnpm) {
  cpSync(path.join(here, "platforms"), folder, { recursive: true });
  for (const extension of ["mts", "cts"]) {
    cpSync(path.join(folder, "program.ts"), path.join(folder, `program.${extension}`));
  }
  // The program's own worker lies where esbuild puts the bundles.
  mkdirSync(path.join(folder, "bundle"));
  cpSync(path.join(folder, "worker.js"), path.join(folder, "bundle", "worker.js"));
  const dependencies = { "dify-dual": `file:${tarball}`, ...project.dependencies };
  writeFileSync(
    path.join(folder, "package.json"),
    JSON.stringify({ name: "user", version: "1.0.0", private: true, dependencies }),
  );
  execute(folder, project.pnpm ? ["node", pnpm, "install", ...project.pnpm] : ["npm", "install", ...quiet]);
}

const started = Date.now();
const work = outside();
let passed = 0;
let failed = 0;

function check(name, action) {
  const start = Date.now();
  try {
    action();
    passed++;
    console.log(`ok      ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}\n${error.message.trim().replace(/^/gm, "        ")}`);
  }
}

try {
  execute(root, ["npm", "run", "build"]);
  const packed = execute(root, ["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", work]);
  const tarball = path.join(work, /\S+\.tgz/.exec(packed)[0]);

  const words = process.argv.slice(2);
  const chosen = projects.filter(
    ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
  );
  const tools = path.join(work, "tools");
  const pnpm = path.join(tools, "node_modules", "pnpm", "bin", "pnpm.cjs");
  if (chosen.some((project) => project.pnpm)) {
    mkdirSync(tools);
    execute(tools, ["npm", "install", ...quiet, "--prefix", tools, "pnpm@10"]);
  }

  for (const [index, project] of chosen.entries()) {
    const folder = path.join(work, `project-${index}`);
    let missing;
    try {
      setUp(project, folder, tarball, pnpm);
    } catch (error) {
      missing = error;
    }
    for (const [title, commands] of Object.entries(project.cases)) {
      check(`${project.name}: ${title}`, () => {
        if (missing) throw missing;
        for (const command of commands) {
          const output = execute(folder, command);
          // A program can end without an error and without having come to its end.
          const says = project.says ?? (command[0] === "node" ? /^done$/m : /(?:)/);
          if (!says.test(output)) throw new Error(`${command.join(" ")} did not say ${says}\n${output}`);
        }
      });
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`Node ${process.version}, ${Math.round((Date.now() - started) / 1000)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
