// A million blocking calls, one after the other, over one client: what a call costs stays the same, and so does the
// memory. Not a part of `npm test`.
//
//   node __tests__/soak/million-calls.cjs [calls] [worker|process]
//
// Prints the time a call took and the memory of the process at 10 %, 50 % and 100 % of the calls, and ends with code 1
// where the memory grew by more than 30 MB over the second half of them.
const { Worker } = require("node:worker_threads");
const { ChatClient } = require("../../dist/index.js");

const calls = Number(process.argv[2] ?? 1_000_000);
const bridge = process.argv[3] ?? "worker";
const ALLOWED_GROWTH = 30;

// A server in a thread: it answers while this one is blocked, and as little as it can.
const SERVER = `
  const { parentPort } = require("node:worker_threads");
  const body = JSON.stringify({ result: "success" });
  const head = "HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: " + body.length + "\\r\\n\\r\\n";
  const server = require("node:net").createServer((socket) => {
    socket.on("error", () => {});
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.latin1Slice();
      // Requests without a body: each ends with an empty line.
      for (let end; (end = text.indexOf("\\r\\n\\r\\n")) >= 0; text = text.slice(end + 4)) socket.write(head + body);
    });
  });
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

const server = new Worker(SERVER, { eval: true });
server.once("message", (port) => {
  const client = new ChatClient("app-key", { baseUrl: `http://127.0.0.1:${port}/v1`, proxy: null, bridge });
  const marks = [0.1, 0.5, 1].map((part) => Math.round(calls * part));
  const memory = [];
  let begun = performance.now();
  let since = 0;
  console.log(`${calls} blocking calls over the ${bridge} bridge, Node ${process.version}`);
  for (let n = 1; n <= calls; n++) {
    if (client.getMeta({ user: "me" }).json().result !== "success") throw new Error("a wrong answer");
    if (n !== marks[memory.length]) continue;
    const rss = process.memoryUsage().rss / 1024 / 1024;
    const each = ((performance.now() - begun) * 1_000) / (n - since);
    memory.push(rss);
    console.log(`${n} calls: ${each.toFixed(1)} µs a call, ${rss.toFixed(1)} MB`);
    begun = performance.now();
    since = n;
  }
  const growth = memory[2] - memory[1];
  console.log(`over the second half, the memory grew by ${growth.toFixed(1)} MB`);
  client.close();
  process.exit(growth > ALLOWED_GROWTH ? 1 : 0);
});
