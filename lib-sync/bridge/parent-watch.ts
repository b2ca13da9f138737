import { readSync } from "node:fs";
import { SECRET_SIZE } from "./seal";

// Loaded first of all in sync-rpc's child. sync-rpc ends the child when the parent exits; a parent that is killed
// cannot do that, not even while the child starts.
const WATCH = 1_000;
// Where sync-rpc's worker looks for its key, which lets whoever has it run code in the child.
const KEY_PLACE = 3;
const parent = Number(process.argv.at(-1));

function isThere(): boolean {
  // Where there is no init to take the child over, the parent's number stays.
  if (process.platform !== "win32") return process.ppid === parent;
  try {
    return process.kill(parent, 0);
  } catch {
    return false;
  }
}

function look(): void {
  if (!isThere()) process.exit(0);
}

look();
setInterval(look, WATCH).unref();

// Ctrl-C goes to the whole group: whether it ends anything is for the parent to decide.
process.on("SIGINT", () => {});

/** What the parent wrote first of all; no argument, which every user of the machine could read. */
function readLine(): string {
  const byte = Buffer.alloc(1);
  let line = "";
  while (readSync(0, byte, 0, 1, null) === 1 && byte[0] !== 0x0a) line += byte.toString("latin1");
  return line;
}

const [key = "", shared = ""] = readLine().split(" ");
process.argv.splice(KEY_PLACE, 0, key);

/** What parent and child seal their messages with. */
export const secret = Buffer.alloc(SECRET_SIZE, shared, "hex");
