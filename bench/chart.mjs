// The bar chart: how many times as long as raw undici each client takes.
import { times } from "./format.mjs";
import { machineText } from "./machine.mjs";
import { REFERENCE } from "./report.mjs";
import { compare } from "./stats.mjs";
import { line, round, svg, text } from "./svg.mjs";

const PANELS = [
  { section: "calls", metric: "us", title: "A call" },
  { section: "concurrency-64", metric: "us", title: "A call, 64 at a time" },
  { section: "answers-5m", metric: "us", title: "An answer of 5 MB" },
  { section: "sse-event", metric: "us", title: "An event of a stream" },
  { section: "latency", metric: "p50", title: "Delay of an event" },
  { section: "upload-http", metric: "seconds", title: "An upload of 256 MiB" },
  { section: "sync", metric: "us", title: "A blocking call (undici's is awaited)" },
  { section: "start", metric: "totalMs", title: "Import and first call" },
];

const WIDTH = 820;
const LEFT = 170;
const BARS = 560;
const BAR = 14;
const STEP = 19;
/** Where the axis ends; longer bars are cut, and say so by a gap. */
const MOST = 6;

const along = (ratio) => LEFT + (Math.min(ratio, MOST) / MOST) * BARS;

function bar(name, ratio, y) {
  const ours = name.startsWith("dify-dual");
  const end = along(ratio);
  const parts = [
    text(LEFT - 8, y + BAR - 3, name, { anchor: "end", kind: ours ? "ours" : "" }),
    `<rect x="${LEFT}" y="${y}" width="${round(end - LEFT)}" height="${BAR}" rx="2" class="bar${ours ? "-ours" : ""}"/>`,
  ];
  if (ratio > MOST) parts.push(line(end - 20, y + BAR + 2, end - 12, y - 2, "cut"));
  // Beside a short bar the figure stands right of the dotted line, which would otherwise go through it.
  parts.push(text(Math.max(end, along(1)) + 6, y + BAR - 3, times(ratio), { kind: ours ? "ours" : "" }));
  return parts;
}

function panel({ title, metric }, { rows }, top) {
  const reference = rows[REFERENCE]?.[metric] ?? [];
  const bars = Object.entries(rows).flatMap(([name, values]) => {
    const ratio = compare(values[metric] ?? [], reference);
    return ratio ? [[name, ratio.median]] : [];
  });
  if (bars.length === 0) return { parts: [], height: 0 };
  const first = top + 26;
  const height = 26 + bars.length * STEP + 14;
  const parts = [
    text(LEFT, top + 16, title, { kind: "heading" }),
    ...bars.flatMap(([name, ratio], index) => bar(name, ratio, first + index * STEP)),
    line(along(1), first - 4, along(1), first + bars.length * STEP, "one"),
  ];
  return { parts, height };
}

/** The chart of some results, as SVG. */
export function barChart(results) {
  const title = "Time, as a multiple of what raw undici takes";
  let top = 52;
  const parts = [
    text(16, 26, title, { kind: "title" }),
    text(
      16,
      44,
      "Medians of the ratios within a round. Shorter is better; the dotted line is undici itself.",
    ),
  ];
  for (const wanted of PANELS) {
    const section = results.sections.find(({ id }) => id === wanted.section);
    if (!section) continue;
    const drawn = panel(wanted, section, top);
    parts.push(...drawn.parts);
    top += drawn.height;
  }
  parts.push(text(16, top + 14, machineText(results)));
  return svg(WIDTH, top + 28, title, parts);
}
