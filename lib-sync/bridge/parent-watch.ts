// Loaded first of all in sync-rpc's child. sync-rpc ends the child when the parent exits; a parent that is killed
// cannot do that, not even while the child starts.
const WATCH = 1_000;
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
