// The files of a folder, and which of them changed since the last time. Used by both knowledge-sync programs.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const STATE = ".knowledge-sync.json";

/** The text files of a folder, in order of their names. */
function readTexts(folder) {
  return fs
    .readdirSync(folder)
    .filter((name) => name.endsWith(".txt") || name.endsWith(".md"))
    .sort()
    .map((name) => {
      const text = fs.readFileSync(path.join(folder, name), "utf8");
      return { name, text, hash: createHash("sha256").update(text).digest("hex") };
    });
}

/** What the last run sent: a hash for each name. */
function loadHashes(folder) {
  const file = path.join(folder, STATE);
  return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
}

function saveHashes(folder, hashes) {
  fs.writeFileSync(path.join(folder, STATE), `${JSON.stringify(hashes, null, 2)}\n`);
}

/** What to do with a file, given the documents by name and the hashes of the last run. */
function decide(file, documents, hashes) {
  if (!documents.has(file.name)) return "create";
  return hashes[file.name] === file.hash ? "keep" : "update";
}

module.exports = { readTexts, loadHashes, saveHashes, decide };
