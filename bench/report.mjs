// Results as tables in Markdown: one for each section, and one of the budgets.
import { readFileSync } from "node:fs";
import { digits, table, times } from "./format.mjs";
import { boundOf, compare, difference, judge, median } from "./stats.mjs";

const OURS = /^dify-dual/;

/** The row that all others of a section are compared with. */
export const REFERENCE = "undici";

function columnsOf(metric) {
  const heads = [metric.label];
  if (metric.ratio) heads.push(`× ${REFERENCE}`, "of the fastest");
  if (metric.added) heads.push("added");
  return heads;
}

function cellsOf(metric, values, reference) {
  const cells = [digits(median(values))];
  if (metric.ratio) {
    const ratio = compare(values, reference);
    cells.push(times(ratio?.median), times(ratio?.ofLeast));
  }
  if (metric.added) cells.push(digits(difference(values, reference)?.median));
  return cells;
}

/** A section's table. Its figures are medians over the rounds. */
export function sectionTable({ metrics, rows }) {
  const lines = Object.entries(rows).map(([name, values]) => [
    OURS.test(name) ? `**${name}**` : name,
    ...metrics.flatMap((metric) =>
      cellsOf(metric, values[metric.key] ?? [], rows[REFERENCE]?.[metric.key] ?? []),
    ),
  ]);
  return table(["client", ...metrics.flatMap(columnsOf)], lines);
}

/** All tables of some results, each below its title. */
export function sectionTables({ sections }, heading = "###") {
  return sections.map((section) => `${heading} ${section.title}\n\n${sectionTable(section)}`).join("\n\n");
}

/** The budgets that are in force. */
export const readBudgets = () => JSON.parse(readFileSync(new URL("budgets.json", import.meta.url), "utf8"));

/**
 * Each budget of the measured sections with its verdict. One that was broken and measured again is judged by the
 * second time. A budget without figures does not hold.
 */
export function verdicts(budgets, { sections, repeated = {} }) {
  return budgets.flatMap((budget) => {
    const section = sections.find(({ id }) => id === budget.section);
    if (!section) return [];
    const { label } = section.metrics.find(({ key }) => key === budget.metric);
    let found = judge(budget, section.rows);
    if (!found?.holds && repeated[budget.section]) found = judge(budget, repeated[budget.section]);
    return [{ budget, title: section.title, label, value: null, noise: null, holds: false, ...found }];
  });
}

const amount = ({ max }, value) => (max === undefined ? digits(value) : times(value));

function boundText(budget) {
  const bound = amount(budget, boundOf(budget));
  const goal = budget.goal === undefined ? "" : ` (goal ${amount(budget, budget.goal)})`;
  if (budget.max !== undefined) return `${bound} ${budget.against}${goal}`;
  return budget.over === undefined ? bound + goal : `${budget.against} + ${bound}${goal}`;
}

/** The table of all budgets. */
export function budgetTable(list) {
  const rows = list.map(({ budget, label, value, noise, holds }) => [
    `${budget.who}, ${budget.section}: ${label}`,
    boundText(budget),
    amount(budget, value),
    value === null ? "–" : `± ${amount(budget, noise)}`,
    holds ? "yes" : "**no**",
  ]);
  return table(["what", "at most", "measured", "noise", "holds"], rows);
}

/** One line about a budget that does not hold. */
export function brokenText({ budget, title, label, value, noise }) {
  const what = `${budget.who}, "${title}", ${label}`;
  if (value === null) return `${what}: not measured`;
  return `${what}: ${amount(budget, value)}, allowed ${boundText(budget)} (noise ${amount(budget, noise)})`;
}
