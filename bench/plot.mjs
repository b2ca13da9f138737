// Line plots with logarithms on both axes: in them a cost in proportion is a straight line at 45 degrees or so.
import { withUnit } from "./format.mjs";
import { machineText } from "./machine.mjs";
import { line, round, svg, text } from "./svg.mjs";

const WIDTH = 720;
const HEIGHT = 420;
const FRAME = { left: 70, right: WIDTH - 150, top: 66, bottom: HEIGHT - 70 };
const NAME_HEIGHT = 16;
const COLOURS = { "dify-dual-async": "c0", "dify-dual-sync": "c1" };

/** The powers of ten from the one at or below the least value to the one at or above the greatest. */
function decades(values) {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9));
  return Array.from({ length: high - low + 1 }, (_, index) => low + index);
}

function scale(ticks, from, to) {
  const low = ticks[0];
  const high = ticks[ticks.length - 1];
  return (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
}

/** Moves names that would lie upon each other apart, the upper ones first. */
function spreadNames(names) {
  let free = -Infinity;
  for (const name of names.sort((a, b) => a.y - b.y)) {
    name.y = Math.max(name.y, free);
    free = name.y + NAME_HEIGHT;
  }
  return names;
}

/**
 * @param curve its `title`, `xLabel`, `yLabel`, the units `xUnit` and `yUnit` of `withUnit`, and `lines` of a name and
 * points `{ x, y }`
 * @param measured the date and machine
 */
export function logPlot(curve, measured) {
  const points = curve.lines.flatMap((each) => each.points);
  const xTicks = decades(points.map(({ x }) => x));
  const yTicks = decades(points.map(({ y }) => y));
  const atX = scale(xTicks, FRAME.left, FRAME.right);
  const atY = scale(yTicks, FRAME.bottom, FRAME.top);
  const parts = [text(16, 26, curve.title, { kind: "title" })];
  for (const tick of xTicks) {
    const x = atX(10 ** tick);
    parts.push(line(x, FRAME.top, x, FRAME.bottom, "grid"));
    parts.push(text(x, FRAME.bottom + 18, withUnit(10 ** tick, curve.xUnit), { anchor: "middle" }));
  }
  for (const tick of yTicks) {
    const y = atY(10 ** tick);
    parts.push(line(FRAME.left, y, FRAME.right, y, "grid"));
    parts.push(text(FRAME.left - 8, y + 4, withUnit(10 ** tick, curve.yUnit), { anchor: "end" }));
  }
  const middle = (FRAME.left + FRAME.right) / 2;
  parts.push(text(middle, FRAME.bottom + 38, curve.xLabel, { anchor: "middle" }));
  parts.push(text(FRAME.left, FRAME.top - 10, curve.yLabel));
  const names = curve.lines.map((each) => {
    const colour = COLOURS[each.name] ?? "c2";
    const path = each.points.map(({ x, y }) => `${round(atX(x))},${round(atY(y))}`);
    parts.push(`<polyline points="${path.join(" ")}" class="line ${colour}"/>`);
    for (const place of path) {
      const [x, y] = place.split(",");
      parts.push(`<circle cx="${x}" cy="${y}" r="3" class="${colour}-dot"/>`);
    }
    return { name: each.name, colour, y: atY(each.points[each.points.length - 1].y) };
  });
  for (const { name, colour, y } of spreadNames(names)) {
    parts.push(`<circle cx="${FRAME.right + 12}" cy="${round(y)}" r="4" class="${colour}-dot"/>`);
    parts.push(text(FRAME.right + 20, y + 4, name, { kind: name.startsWith("dify-dual") ? "ours" : "" }));
  }
  parts.push(text(16, HEIGHT - 12, machineText(measured)));
  return svg(WIDTH, HEIGHT, curve.title, parts);
}
