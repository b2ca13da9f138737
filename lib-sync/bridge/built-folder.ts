import { existsSync } from "node:fs";
import path from "node:path";
import { BridgeError } from "../../lib/errors";

/** What the bridges start; in the built package these lie beside the one file of all else. */
const FILES = ["worker.js", "process-child.js", "parent-watch.js", "pipe.js"];

const REMEDY = 'a bundler must leave "dify-dual" out of the bundle (external)';

/** Where the files are that a bridge starts. Raises a {@link BridgeError} where they are not there, or not ours. */
export function builtFolder(): string {
  // In a user's bundle this code is in a file of another name, or has no __filename at all (an ES module), and a
  // worker.js next to it is somebody else's.
  if (
    typeof __filename !== "string" ||
    !/^(?:dify-dual\.js|built-folder\.ts)$/.test(path.basename(__filename))
  ) {
    throw new BridgeError(`the bridge starts files of its own, which are not in the bundle: ${REMEDY}`);
  }
  // From the sources, as in jest, the built files are used: on Node 20 a worker cannot load TypeScript.
  const source = __filename.endsWith(".ts");
  const folder = source ? path.join(__dirname, "..", "..", "dist") : __dirname;
  // All of them, whichever is to be started: a bundle can have that name too, but not these neighbours.
  const missing = FILES.find((file) => !existsSync(path.join(folder, file)));
  if (missing === undefined) return folder;
  throw new BridgeError(
    `a file that the bridge starts is missing: ${path.join(folder, missing)}. ${
      source ? 'Run "npm run build" first' : `If this is a bundle: ${REMEDY}`
    }`,
  );
}
