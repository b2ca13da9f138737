// 10,000 calls at concurrency 256, 5 % of them with a fault, and 500 streams at once, 1 % of them cut: every call is
// accounted for. Prints one line of figures; ends with code 1 where something does not add up.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { runLoad, runStreams, startFaulty } = require("./load.cjs");
const calls = Number(process.argv[2] ?? 10_000);
const streams = Number(process.argv[3] ?? 500);

const server = await startFaulty();
try {
  console.log(`load: ${JSON.stringify(await runLoad(server, { calls, concurrency: 256 }))}`);
  console.log(`streams: ${JSON.stringify(await runStreams(server, { streams }))}`);
} finally {
  await server.close();
}
