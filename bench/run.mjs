// Compares the library with other ways to the same answers. See docs/performance.md.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeDocs } from "./docs.mjs";
import { describeMachine, machineText } from "./machine.mjs";
import { measureSection } from "./measure.mjs";
import { startServer } from "./processes.mjs";
import { brokenText, budgetTable, readBudgets, sectionTable, verdicts } from "./report.mjs";
import { writtenFile } from "./scratch.mjs";
import { GROUPS, SCALES, SECTIONS } from "./sections.mjs";

const HELP = `npm run bench -- [options]
  --only a,b     these sections only: ${GROUPS.join(", ")}
  --rounds k     rounds of each section, in place of its own number
  --check        ends with code 1 where a budget of bench/budgets.json is broken by more than the noise
  --json file    writes the figures there
  --write        writes the figures, the chart and the tables to docs/performance.md
  --lib dir      measures the build of this folder in place of the project's own
  --against dir  measures the build of this folder beside it, in the same rounds
  --quick        tiny sizes, one round: shows that everything runs, and nothing else`;

const root = fileURLToPath(new URL("..", import.meta.url));
const where = process.env.INIT_CWD ?? process.cwd();

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      rounds: { type: "string" },
      json: { type: "string" },
      lib: { type: "string" },
      against: { type: "string" },
      check: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const groups = values.only?.split(",") ?? GROUPS;
  const unknown = groups.filter((group) => !GROUPS.includes(group));
  if (unknown.length > 0) throw new Error(`no such section: ${unknown.join(", ")}\n${HELP}`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))
    throw new Error("--rounds takes a number");
  if (values.write && (values.only || values.lib || values.against)) {
    throw new Error("--write takes all sections, and no other build");
  }
  return { ...values, groups, rounds: rounds ?? (values.quick ? 1 : undefined) };
}

const log = (text) => process.stderr.write(`${text}\n`);

/** Measures all chosen sections, and shows each table when it is there. */
async function measureAll(options, context) {
  const results = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    quick: options.quick,
    sections: [],
    failures: [],
  };
  for (const section of SECTIONS.filter(({ group }) => options.groups.includes(group))) {
    const { id, group, title, metrics } = section;
    log(`${title} ...`);
    const { rows, failures } = await measureSection(section, context, { rounds: options.rounds });
    const measured = { id, group, title, metrics, rows };
    results.sections.push(measured);
    results.failures.push(...failures);
    console.log(`\n## ${title}\n\n${sectionTable(measured)}`);
  }
  return results;
}

/** Measures the sections of broken budgets again, longer, with the rows that budgets speak of. */
async function repeatBroken(budgets, broken, results, options, context) {
  results.repeated = {};
  for (const id of new Set(broken.map(({ budget }) => budget.section))) {
    const section = SECTIONS.find((candidate) => candidate.id === id);
    const mentioned = budgets.filter((budget) => budget.section === id);
    const only = new Set(mentioned.flatMap(({ who, against }) => [who, against]));
    log(`once more: ${section.title} ...`);
    const rounds = 2 * (options.rounds ?? section.rounds) + 1;
    const { rows } = await measureSection(section, context, { rounds, only });
    results.repeated[id] = rows;
  }
}

/** Shows the budgets, and gives those that are broken also when measured again. */
async function checkBudgets(results, options, context) {
  const budgets = readBudgets();
  const first = verdicts(budgets, results).filter(({ holds }) => !holds);
  if (options.check && first.length > 0) {
    await repeatBroken(budgets, first, results, options, context);
  }
  const list = verdicts(budgets, results);
  console.log(`\n## Budgets\n\n${budgetTable(list)}`);
  return list.filter(({ holds }) => !holds);
}

async function main() {
  const options = readArguments();
  if (options.help) return console.log(HELP);
  const scale = SCALES[options.quick ? "quick" : "full"];
  const server = await startServer();
  let upload;
  const context = {
    urls: server,
    scale,
    log,
    libs: {
      ours: options.lib ? path.resolve(where, options.lib) : root,
      other: options.against && path.resolve(where, options.against),
    },
    file() {
      upload ??= { file: writtenFile(scale.uploadBytes), bytes: scale.uploadBytes };
      return upload;
    },
  };
  const start = performance.now();
  const results = await measureAll(options, context);
  const broken = await checkBudgets(results, options, context);
  server.close();
  results.seconds = Math.round((performance.now() - start) / 1_000);
  console.log(`\n${machineText(results)}; ${results.seconds} s`);

  if (options.json) writeFileSync(path.resolve(where, options.json), JSON.stringify(results));
  if (options.write) await writeDocs({ results });
  for (const failure of results.failures) log(`not measured: ${failure}`);
  for (const verdict of broken) log(`broken: ${brokenText(verdict)}`);
  if (options.check) process.exitCode = broken.length > 0 ? 1 : 0;
}

await main();
