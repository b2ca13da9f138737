// How the cost grows with the size: streams at a time, bytes of an answer, events of a stream, bytes of an upload.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeDocs } from "./docs.mjs";
import { table, withUnit } from "./format.mjs";
import { describeMachine, machineText } from "./machine.mjs";
import { Client, startServer } from "./processes.mjs";
import { hollowFile } from "./scratch.mjs";
import { median } from "./stats.mjs";
import { growthText, memoryText } from "./words.mjs";

const HELP = `npm run bench:growth -- [options]
  --only a,b     these curves only
  --json file    writes the figures there
  --write        writes the figures, the plots and the slopes to docs/performance.md
  --quick        small sizes only: shows that everything runs, and nothing else`;

const root = fileURLToPath(new URL("..", import.meta.url));
const LIMIT_MS = 180_000;
const BOTH = ["dify-dual-async", "dify-dual-sync", "undici"];
const powersOfTen = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));

/** `sizes` are those of a real measurement, of which a quick one takes the first `few`. `ask` gives `{ y, mb }`. */
const CURVES = [
  {
    id: "streams",
    title: "Streams at a time, of 100 events each",
    xLabel: "streams, all open before any goes on",
    xUnit: "",
    yLabel: "time for all of them",
    rows: ["dify-dual-async", "undici"],
    sizes: [1, 3, 10, 30, 100, 300, 1_000],
    few: 3,
    async ask(client, count) {
      const { ms, grownMb } = await client.ask("streams", { count, events: 100 }, LIMIT_MS);
      return { y: ms, mb: grownMb };
    },
  },
  {
    id: "answers",
    title: "The size of an answer",
    xLabel: "bytes of the answer, which is parsed",
    xUnit: "B",
    yLabel: "time of a call",
    rows: BOTH,
    sizes: powersOfTen(3, 8),
    few: 3,
    async ask(client, bytes) {
      const { us } = await client.ask("calls", { count: bytes < 50_000 ? 20 : 1, bytes }, LIMIT_MS);
      return { y: us / 1_000 };
    },
  },
  {
    id: "events",
    title: "The events of a stream",
    xLabel: "events, at full speed",
    xUnit: "",
    yLabel: "time of the stream",
    rows: BOTH,
    sizes: powersOfTen(0, 6),
    few: 4,
    async ask(client, events) {
      const { us, peakMb } = await client.ask("stream", { events, framing: "event" }, LIMIT_MS);
      return { y: (us * events) / 1_000, mb: peakMb };
    },
  },
  {
    id: "uploads",
    title: "The size of an upload",
    xLabel: "bytes of the file, read from disk",
    xUnit: "B",
    yLabel: "time of the upload",
    rows: BOTH,
    sizes: [1e6, 4e6, 16e6, 64e6, 256e6, 1e9, 4e9],
    few: 2,
    async ask(client, bytes) {
      const { seconds, grownMb } = await client.ask("upload", { file: hollowFile(bytes), bytes }, LIMIT_MS);
      return { y: seconds * 1_000, mb: grownMb };
    },
  },
];

/** How often to measure what takes so long: short things more often, as single figures differ more. */
function repetitions(ms, quick) {
  if (quick) return 1;
  if (ms > 2_000) return 2;
  return Math.min(40, Math.max(4, Math.ceil(400 / ms)));
}

/** The points of one size, one for each client; the clients take turns. */
async function measureSize(curve, clients, size, quick) {
  const figures = clients.map(() => []);
  let rounds = 1;
  for (let round = 0; round < rounds; round++) {
    for (const [index, client] of clients.entries()) figures[index].push(await curve.ask(client, size));
    if (round === 0) rounds = 1 + repetitions(Math.max(...figures.map(([{ y }]) => y)), quick);
  }
  // The first time opens connections and compiles code; where there are others it does not count.
  return figures.map((list) => {
    const counted = list.length > 1 ? list.slice(1) : list;
    const mb = counted.every((figure) => figure.mb === undefined)
      ? {}
      : { mb: Math.max(...counted.map((f) => f.mb)) };
    return { x: size, y: median(counted.map(({ y }) => y)), ...mb };
  });
}

async function measureCurve(curve, baseUrl, quick) {
  const clients = curve.rows.map((name) => new Client({ name, adapter: name, lib: root }, baseUrl));
  const lines = curve.rows.map((name) => ({ name, points: [] }));
  for (const client of clients) {
    await client.ask("open");
    await client.ask("first");
    if (!quick) await client.ask("stream", { events: 20_000, framing: "event" });
  }
  for (const size of quick ? curve.sizes.slice(0, curve.few) : curve.sizes) {
    const points = await measureSize(curve, clients, size, quick);
    for (const [index, point] of points.entries()) lines[index].points.push(point);
  }
  for (const client of clients) await client.close();
  const { id, title, xLabel, xUnit, yLabel } = curve;
  return { id, title, xLabel, xUnit, yLabel, yUnit: "ms", lines };
}

function show({ title, xUnit, lines }) {
  const rows = lines[0].points.map(({ x }, index) => [
    withUnit(x, xUnit),
    ...lines.map(({ points }) => withUnit(points[index].y, "ms")),
  ]);
  console.log(`\n## ${title}\n\n${table(["size", ...lines.map(({ name }) => name)], rows)}\n`);
  for (const { name, points } of lines) {
    console.log(`- ${name}: ${growthText(points, xUnit)}${memoryText(points, xUnit)}.`);
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      json: { type: "string" },
      write: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(`${HELP}\ncurves: ${CURVES.map(({ id }) => id).join(", ")}`);
  const wanted = values.only?.split(",") ?? CURVES.map(({ id }) => id);
  const curves = CURVES.filter(({ id }) => wanted.includes(id));
  if (curves.length < wanted.length) throw new Error(`no such curve\n${HELP}`);
  if (values.write && values.only) throw new Error("--write takes all curves");

  const server = await startServer();
  const growth = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    quick: values.quick,
    curves: [],
  };
  for (const curve of curves) {
    process.stderr.write(`${curve.title} ...\n`);
    const measured = await measureCurve(curve, server.http, values.quick);
    growth.curves.push(measured);
    show(measured);
  }
  server.close();
  console.log(`\n${machineText(growth)}`);
  const where = process.env.INIT_CWD ?? process.cwd();
  if (values.json) writeFileSync(path.resolve(where, values.json), JSON.stringify(growth));
  if (values.write) writeDocs({ growth });
}

await main();
