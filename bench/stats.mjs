// The arithmetic: medians, ratios within a round, noise, and whether a budget holds. A row's values are a list with
// one figure for each round, null where there was none.

const known = (values) => values.filter((value) => typeof value === "number" && Number.isFinite(value));

/** The value below which `share` of the values are, between two of them by proportion. Null of nothing. */
export function quantile(values, share) {
  const sorted = known(values).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (sorted.length - 1) * share;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

export const median = (values) => quantile(values, 0.5);

/** The smallest value, or null of nothing. */
export const least = (values) => quantile(values, 0);

/** Half of the range in which the middle half of the values lies. */
export function spread(values) {
  const high = quantile(values, 0.75);
  return high === null ? 0 : (high - quantile(values, 0.25)) / 2;
}

/** Both values of each round that has both, put together by `combine`. */
function withinRounds(ours, theirs, combine) {
  return ours.flatMap((value, round) => {
    const other = theirs[round];
    return known([value, other]).length === 2 ? [combine(value, other)] : [];
  });
}

/** How many times theirs ours is: in the middle of the rounds, and of the least values; and the noise. */
export function compare(ours, theirs) {
  const ratios = withinRounds(ours, theirs, (a, b) => a / b);
  if (ratios.length === 0) return null;
  return { median: median(ratios), ofLeast: least(ours) / least(theirs), noise: spread(ratios) };
}

/** By how much ours is more than theirs, in the same three figures. */
export function difference(ours, theirs) {
  const differences = withinRounds(ours, theirs, (a, b) => a - b);
  if (differences.length === 0) return null;
  return { median: median(differences), ofLeast: least(ours) - least(theirs), noise: spread(differences) };
}

function alone(values) {
  const middle = median(values);
  return middle === null ? null : { median: middle, ofLeast: middle, noise: spread(values) };
}

const LEAST_NOISE = 0.05;
const MOST_NOISE = 0.25;

/**
 * Holds a budget against a section's rows. `max` is a ratio to the row `against`, `over` what may be added to it, and
 * `limit` an absolute figure. Of the two ways to measure, the one that was disturbed less counts. More than the
 * budget is forgiven as far as the rounds differ among themselves: 5 in 100 always, and 25 in 100 at the most, as
 * otherwise a restless row could never break its budget.
 *
 * @returns the measured `value`, the `noise` and whether it `holds`; null where there are no figures
 */
export function judge(budget, rows) {
  const ours = rows[budget.who]?.[budget.metric] ?? [];
  const theirs = rows[budget.against]?.[budget.metric] ?? [];
  let found;
  if (budget.max !== undefined) found = compare(ours, theirs);
  else if (budget.over !== undefined) found = difference(ours, theirs);
  else found = alone(ours);
  if (!found) return null;
  const bound = boundOf(budget);
  const value = Math.min(found.median, found.ofLeast);
  const noise = Math.min(Math.max(found.noise, bound * LEAST_NOISE), bound * MOST_NOISE);
  return { value, noise, holds: value <= bound + noise };
}

/** The figure a budget sets, whichever kind it is. */
export const boundOf = ({ max, over, limit }) => max ?? over ?? limit;

/** The slope of a straight line through the logarithms of points `[x, y]`, by least squares: 1 is "in proportion". */
export function slope(points) {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const mean = (index) => logs.reduce((sum, log) => sum + log[index], 0) / logs.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  let across = 0;
  let along = 0;
  for (const [x, y] of logs) {
    across += (x - meanX) * (y - meanY);
    along += (x - meanX) ** 2;
  }
  return across / along;
}
