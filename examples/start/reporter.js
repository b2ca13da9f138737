// Prints what the steps do, and remembers it for the summary.
const { named } = require("./target");

const WIDTH = 100;

class Reporter {
  /** @param target as `openTarget` gives it */
  constructor(target) {
    this.target = target;
    this.rows = new Map();
    console.log(`Dify: ${target.name}\n${target.hint}`);
  }

  /** Begins the steps of a family. */
  begin(title, family) {
    this.family = family;
    console.log(`\n${title}\n${"=".repeat(title.length)}`);
  }

  /** Names a step, and gives the app that it runs against: null where there is none, and it is skipped. */
  announce({ title, needs }) {
    this.row = this.rows.get(title) ?? { number: this.rows.size + 1, title, times: {} };
    this.rows.set(title, this.row);
    console.log(`\n${this.row.number}. ${title}`);
    const mode = needs.find((name) => this.target.apps[name]);
    if (mode) return this.target.apps[mode];
    const { missing } = this.target;
    this.skip(needs.includes("knowledge") ? missing.knowledge : `needs ${listed(needs)}; ${missing.app}`);
    return null;
  }

  /** Says what is sent. */
  ask(text) {
    console.log(`   > ${text}`);
  }

  /** Says something that came back. */
  tell(text) {
    console.log(`   < ${indented(text)}`);
  }

  /** Writes the pieces of a stream as they come; ended by `told`. */
  piece(text) {
    if (!this.midLine) process.stdout.write("   < ");
    this.midLine = true;
    process.stdout.write(indented(text));
  }

  /** Ends the line of `piece`. */
  told() {
    if (this.midLine) process.stdout.write("\n");
    this.midLine = false;
  }

  /** Takes what a step gives: `{ asked, answered }`, or `{ skipped }`. */
  done({ asked, answered, skipped }, milliseconds) {
    this.told();
    if (skipped) {
      this.skip(skipped);
      return;
    }
    Object.assign(this.row, { asked, answered });
    this.row.times[this.family] = `${Math.round(milliseconds)} ms`;
  }

  skip(reason) {
    console.log(`   skipped: ${reason}`);
    this.row.times[this.family] = "skipped";
    this.row.skipped = reason;
  }

  failed(error) {
    this.told();
    console.log(`   FAILED: ${error.name}: ${error.message}`);
    this.row.times[this.family] = "FAILED";
    this.row.error = error;
  }

  /** Prints what was asked, answered and how long it took; says whether all went well. */
  summarize() {
    const line = (left, blocking, awaited) =>
      console.log(`${left.padEnd(WIDTH - 24)}${blocking.padStart(12)}${awaited.padStart(12)}`);
    console.log();
    line("Summary", "blocking", "await");
    console.log("-".repeat(WIDTH));
    const counts = { done: 0, skipped: 0, FAILED: 0 };
    for (const { number, title, times, asked, answered, skipped, error } of this.rows.values()) {
      line(`${String(number).padStart(2)}. ${title}`, times.blocking ?? "", times.await ?? "");
      if (asked !== undefined) {
        console.log(`      asked     ${cut(asked)}`);
        console.log(`      answered  ${cut(answered)}`);
      } else if (skipped) console.log(`      skipped   ${cut(skipped)}`);
      if (error) console.log(`      failed    ${cut(`${error.name}: ${error.message}`)}`);
      for (const time of Object.values(times)) counts[time in counts ? time : "done"] += 1;
    }
    console.log("-".repeat(WIDTH));
    const { done, skipped, FAILED: failed } = counts;
    console.log(`${done} steps went well, ${skipped} were skipped, ${failed} failed.`);
    if (failed > 0) console.error("Not all steps went well.");
    else if (done === 0) console.error("No step could be run: the keys in the environment fit none of them.");
    return failed === 0 && done > 0;
  }
}

/** The lines after the first begin where the first does. */
function indented(text) {
  return text.replaceAll("\n", "\n     ");
}

function listed(modes) {
  const names = modes.map(named);
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function cut(text) {
  const line = String(text).replace(/\s+/g, " ").trim();
  const room = WIDTH - 16;
  return line.length > room ? `${line.slice(0, room - 3)}...` : line;
}

module.exports = { Reporter };
