// What both kinds of drawings share: colours for light and dark pages, and text that cannot break the markup.

const STYLE = `
  text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #57606a; }
  .title { font-size: 16px; font-weight: 600; fill: #24292f; }
  .heading { font-size: 13px; font-weight: 600; fill: #24292f; }
  .ours { font-weight: 600; fill: #24292f; }
  .grid { stroke: #8c959f; stroke-opacity: 0.3; }
  .one { stroke: #57606a; stroke-dasharray: 3 3; }
  .bar { fill: #afb8c1; }
  .bar-ours { fill: #1f6feb; }
  .cut { stroke: #ffffff; stroke-width: 3; }
  .line { fill: none; stroke-width: 2; }
  .c0 { stroke: #1f6feb; } .c0-dot { fill: #1f6feb; }
  .c1 { stroke: #d4730c; } .c1-dot { fill: #d4730c; }
  .c2 { stroke: #8c959f; stroke-dasharray: 6 4; } .c2-dot { fill: #8c959f; }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1; }
    .title, .heading, .ours { fill: #f0f6fc; }
    .one { stroke: #9198a1; }
    .bar { fill: #59636e; }
    .bar-ours, .c0-dot { fill: #4493f8; }
    .c0 { stroke: #4493f8; }
    .cut { stroke: #0d1117; }
  }`;

const escapeMarkup = (text) =>
  String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** A text at a point; `anchor` is "start", "middle" or "end". */
export function text(x, y, content, { anchor = "start", kind = "" } = {}) {
  const place = `x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"`;
  return `<text ${place}${kind && ` class="${kind}"`}>${escapeMarkup(content)}</text>`;
}

export function line(x1, y1, x2, y2, kind) {
  return `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" class="${kind}"/>`;
}

export const round = (value) => Math.round(value * 10) / 10;

/** The whole drawing. `title` is what a screen reader says. */
export function svg(width, height, title, parts) {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`;
  return `${[head, `<title>${escapeMarkup(title)}</title>`, `<style>${STYLE}\n</style>`, ...parts, "</svg>"].join("\n")}\n`;
}
