// Measures one section: round after round, in each round every row once, so that what disturbs the machine disturbs
// all of them alike. The order is another in each round: whoever comes after a slow client finds the server cold, and
// takes a third longer or more.
import { Client } from "./processes.mjs";

/** A row by name alone is the adapter of that name. */
const toRow = (row) => (typeof row === "string" ? { name: row, adapter: row } : row);

/** The rows of a section; with a second build the rows of the library are there twice. */
function rowsOf(section, libs, only) {
  const rows = section.rows.map(toRow).filter(({ name }) => !only || only.has(name));
  return rows.flatMap((row) => {
    const ours = { ...row, lib: libs.ours };
    if (!libs.other || !row.adapter.startsWith("dify-dual")) return [ours];
    return [ours, { ...row, name: `${row.name} (other build)`, lib: libs.other }];
  });
}

const shuffled = (list) =>
  list
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

async function open(row, section, context) {
  const client = new Client(row, context.urls[section.protocol ?? "http"]);
  try {
    const before = await section.beforeOpening?.(client);
    const opened = await client.ask("open");
    const plan = await section.prepare?.(client, context);
    return { client, before, opened, plan };
  } catch (error) {
    await client.close();
    throw error;
  }
}

/**
 * @param context `urls` of the server, `libs` to load, `scale`, `file()` for uploads, `log(text)`
 * @param rounds how many, in place of the section's own
 * @param only the names of the rows to measure; all where it is missing
 * @returns the values of each row by metric, one for each round, and what failed
 */
export async function measureSection(section, context, { rounds = section.rounds, only } = {}) {
  const failures = [];
  const taken = rowsOf(section, context.libs, only).map((row) => ({
    row,
    values: {},
    at: null,
    failed: false,
  }));
  const attempt = async (entry, work) => {
    if (entry.failed) return;
    try {
      await work();
    } catch (error) {
      entry.failed = true;
      failures.push(error.message.split("\n")[0]);
      context.log(error.message);
    }
  };
  const bring = async (entry) => {
    entry.at = await open(entry.row, section, context);
  };
  const leave = async (entry) => {
    await entry.at?.client.close();
    entry.at = null;
  };

  try {
    if (!section.fresh) for (const entry of taken) await attempt(entry, () => bring(entry));
    for (let round = 0; round < rounds; round++) {
      for (const entry of shuffled(taken)) {
        await attempt(entry, async () => {
          if (section.fresh) await bring(entry);
          const { client, plan, ...known } = entry.at;
          const figures = await section.measure(client, { ...context, ...known }, plan, entry.row);
          for (const { key } of section.metrics) {
            entry.values[key] ??= [];
            entry.values[key][round] = figures[key];
          }
        });
        if (section.fresh) await leave(entry);
      }
    }
  } finally {
    for (const entry of taken) await leave(entry);
  }
  const rows = Object.fromEntries(
    taken.filter((entry) => !entry.failed).map(({ row, values }) => [row.name, values]),
  );
  return { rows, failures };
}
