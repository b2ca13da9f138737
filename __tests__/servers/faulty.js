// A server in a process of its own that fails as its requests tell it to, and counts what came. Plain JavaScript, as
// Node 20 cannot run TypeScript.
//
// The user of a request is `{id}~{fate}`; each fate holds for the first attempt only, but for `reset`, `stall` and
// `500`, which hold for a POST whenever it comes. `/report` tells what came since the last time: the attempts of each
// id, the connections that are open but for its own, the requests under way, and the most there were at a
// time.
const { createServer } = require("node:http");

let attempts = {};
let open = 0;
let busy = 0;
let busiest = 0;

function json(response, status, body, headers = {}) {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

const EVENTS = 20;

function stream(response, id, fate) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  let n = 0;
  const step = () => {
    if (response.destroyed) return;
    if (fate === "cut" && n === EVENTS / 2) return void response.socket.resetAndDestroy();
    if (fate === "endless" ? false : n === EVENTS) {
      response.end(`data: ${JSON.stringify({ event: "message_end", id })}\n\n`);
      return;
    }
    response.write(`data: ${JSON.stringify({ event: "message", id, answer: `${n++} ` })}\n\n`);
    setTimeout(step, 5);
  };
  step();
}

function answer(request, response, user, streaming) {
  const [id, fate] = user.split("~");
  attempts[id] = (attempts[id] ?? 0) + 1;
  const good = () => {
    if (streaming) stream(response, id, fate);
    // Not at once, so that many are under way at a time.
    else setTimeout(() => json(response, 200, { id, answer: id, attempt: attempts[id] }), 5);
  };
  if (attempts[id] > 1 && request.method === "GET") return good();
  switch (fate) {
    case "reset":
      request.socket.resetAndDestroy();
      return;
    case "half":
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"id"', () => request.socket.resetAndDestroy());
      return;
    case "stall":
      return;
    case "500":
      return json(response, 500, { code: "internal", message: id, status: 500 });
    case "429":
      return json(response, 429, { code: "busy", message: id, status: 429 });
    case "429after":
      if (attempts[id] > 1) return good();
      return json(response, 429, { code: "busy", message: id, status: 429 }, { "retry-after": "0" });
    default:
      return good();
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("error", () => {});
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/report") {
      json(response, 200, { attempts, open: open - 1, busy, busiest }, { connection: "close" });
      attempts = {};
      busiest = 0;
      return;
    }
    busiest = Math.max(busiest, ++busy);
    response.once("close", () => busy--);
    if (request.method === "GET") return answer(request, response, searchParams.get("user"), false);
    const { user, response_mode } = JSON.parse(Buffer.concat(chunks).toString());
    answer(request, response, user, response_mode === "streaming");
  });
});

server.on("connection", (socket) => {
  open++;
  socket.once("close", () => open--);
});
server.keepAliveTimeout = 60_000;
server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 }, () => process.send(server.address().port));
// No orphan is left when the test is gone.
process.on("disconnect", () => process.exit());
