// Writes what was measured into docs/performance.md, between its marks, and the drawings beside it.
//   node bench/docs.mjs         draws everything again from the figures that are checked in
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { barChart } from "./chart.mjs";
import { machineText } from "./machine.mjs";
import { logPlot } from "./plot.mjs";
import { budgetTable, readBudgets, sectionTables, verdicts } from "./report.mjs";
import { growthText, memoryText } from "./words.mjs";

const DOCS = fileURLToPath(new URL("../docs/", import.meta.url));
const SMOKE =
  "**This was a run with tiny sizes, to see that everything works. Its figures say nothing.**\n\n";

const measuredText = (data) => `${data.quick ? SMOKE : ""}Measured on ${machineText(data)}.`;

/** Replaces what stands between the marks of a name. */
export function fill(page, name, content) {
  const [begin, end] = [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`];
  const start = page.indexOf(begin);
  const stop = page.indexOf(end);
  if (start === -1 || stop < start) throw new Error(`the page has no marks "${name}"`);
  return `${page.slice(0, start + begin.length)}\n\n${content}\n\n${page.slice(stop)}`;
}

function resultParts(results) {
  return {
    chart: `${measuredText(results)}\n\n![Time of each client, as a multiple of raw undici's](performance/chart.svg)`,
    tables: sectionTables(results),
    budgets: budgetTable(verdicts(readBudgets(), results)),
  };
}

function growthPart(growth) {
  const curves = growth.curves.map((curve) => {
    const says = curve.lines.map(
      ({ name, points }) =>
        `- **${name}**: ${growthText(points, curve.xUnit)}${memoryText(points, curve.xUnit)}.`,
    );
    return `### ${curve.title}\n\n![${curve.title}](performance/${curve.id}.svg)\n\n${says.join("\n")}`;
  });
  return [measuredText(growth), ...curves].join("\n\n");
}

/** Figures with four digits that count: more would be noise. */
const shorten = (_key, value) =>
  typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;

/** Writes the given figures, and everything that is made of them. What is not given stays as it is. */
export function writeDocs({ results, growth, docs = DOCS }) {
  const folder = path.join(docs, "performance");
  const write = (name, content) => writeFileSync(path.join(folder, name), content);
  const json = (data) => `${JSON.stringify(data, shorten)}\n`;
  mkdirSync(folder, { recursive: true });
  const file = path.join(docs, "performance.md");
  let page = readFileSync(file, "utf8");
  if (results) {
    for (const [name, content] of Object.entries(resultParts(results))) page = fill(page, name, content);
    // Failures name files of the machine; a row that failed is missing from its table.
    write("results.json", json({ ...results, failures: undefined }));
    write("chart.svg", barChart(results));
  }
  if (growth) {
    page = fill(page, "growth", growthPart(growth));
    write("growth.json", json(growth));
    for (const curve of growth.curves) write(`${curve.id}.svg`, logPlot(curve, growth));
  }
  writeFileSync(file, page);
}

function readFigures(name) {
  const file = path.join(DOCS, "performance", name);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeDocs({ results: readFigures("results.json"), growth: readFigures("growth.json") });
}
