// Numbers and tables for people.

/** Three digits that count, thousands with commas. */
export function digits(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  const places = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(places, 4));
}

/** A ratio with its sign: two places, more only where there would be nothing left. */
export function times(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 10) return `${digits(value)}×`;
  return `${value >= 0.1 || value === 0 ? value.toFixed(2) : Number(value.toPrecision(2))}×`;
}

/** For instance 100,000,000 with the unit "B": "100 MB". */
export function withUnit(value, unit) {
  const steps = { B: ["B", "KB", "MB", "GB"], ms: ["ms", "s"], "": ["", "k", "M"] }[unit];
  let step = 0;
  let scaled = value;
  if (unit === "ms" && value < 1) return `${trim(value * 1_000)} µs`;
  while (scaled >= 1_000 && step < steps.length - 1) {
    scaled /= 1_000;
    step++;
  }
  return `${trim(scaled)} ${steps[step]}`.trim();
}

const trim = (value) => String(Number(value.toPrecision(3)));

/** A table in Markdown; the first column is text, the others numbers. */
export function table(header, rows) {
  const widths = header.map((_, column) =>
    Math.max(3, ...[header, ...rows].map((row) => row[column].length)),
  );
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(header), rule, ...rows.map(line)].join("\n");
}
