// How a cost grows, in words.
import { withUnit } from "./format.mjs";
import { slope } from "./stats.mjs";

const UPPER_RANGE = 100;
const HARDLY = 1.5;
const FLAT = 0.15;

function manner(steepness) {
  if (steepness < 0.85) return "slower than in proportion";
  if (steepness <= 1.15) return "in proportion";
  return "faster than in proportion";
}

/**
 * Says up to where the cost is nearly that of the first point, and how it grows over the upper two decades, with the
 * slope there.
 */
export function growthText(points, unit) {
  const [first] = points;
  const last = points[points.length - 1];
  const upper = points.filter(({ x }) => x >= last.x / UPPER_RANGE);
  const steepness = slope(upper.map(({ x, y }) => [x, y]));
  const rising = points.findIndex(({ y }) => y > HARDLY * first.y);
  if (rising === -1) return "constant over the whole range";
  const flat = points[Math.max(0, rising - 1)];
  const upTo = withUnit(flat.x, unit);
  const range = `from ${withUnit(upper[0].x, unit)} to ${withUnit(last.x, unit)}`;
  const there = `(slope ${steepness.toFixed(2)} ${range})`;
  if (steepness < FLAT) return `nearly constant ${there}`;
  const start = flat === first ? "" : `nearly constant up to ${upTo}, then `;
  return `${start}${manner(steepness)} ${there}`;
}

/** Says what the memory did, where it was measured. */
export function memoryText(points, unit) {
  const measured = points.filter(({ mb }) => typeof mb === "number");
  if (measured.length === 0) return "";
  const most = Math.max(...measured.map(({ mb }) => mb));
  const last = measured[measured.length - 1];
  const megabytes = (mb) => `${Math.max(0, Math.round(mb))} MB`;
  return `; memory grew by ${megabytes(most)} at the most, by ${megabytes(last.mb)} at ${withUnit(last.x, unit)}`;
}
