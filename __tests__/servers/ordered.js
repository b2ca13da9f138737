// A server in a process of its own that writes an event of a stream only when the reader has confirmed the one
// before with a request of its own. Plain JavaScript, as Node 20 cannot run TypeScript.
//
//   POST /v1/chat-messages, /v1/completion-messages, /v1/workflows/run   a stream; its name is the user's
//   GET  /v1/messages/{name}~{n}/suggested   event n of the stream `name` was read: the next one is written
//   GET  /v1/meta?user={name}                answered when the stream is over: what happened, in order
const { createServer } = require("node:http");

const EVENTS = 6;
const streams = new Map();

function streamOf(name) {
  if (!streams.has(name))
    streams.set(name, { log: [], response: null, over: false, askers: [], endless: false, size: 0 });
  return streams.get(name);
}

function write(name, n) {
  const stream = streamOf(name);
  if (stream.over) return;
  if (n === EVENTS && !stream.endless) {
    stream.log.push("ended");
    stream.response.end();
    return;
  }
  stream.log.push(`wrote ${n}`);
  const event = { event: n % 2 ? "message" : "text_chunk", n, answer: "x".repeat(stream.size) };
  stream.response.write(`data: ${JSON.stringify(event)}\n\n${stream.half ? 'data: {"ha' : ""}`);
}

function begin(response, body) {
  const name = body.user;
  const stream = streamOf(name);
  stream.response = response;
  stream.endless = Boolean(body.inputs.endless);
  stream.half = Boolean(body.inputs.half);
  stream.size = body.inputs.size ?? 1;
  response.writeHead(200, { "content-type": "text/event-stream" });
  // Gone before its end: the reader's doing. (`close` comes after a clean end too.)
  response.once("close", () => {
    if (!response.writableFinished) stream.log.push("closed by the reader");
    stream.over = true;
    for (const ask of stream.askers) ask();
  });
  if (body.inputs.silent) response.flushHeaders();
  else write(name, 0);
}

function confirm(path) {
  const [, name, n] = /^\/v1\/messages\/(.+)~(\d+)\/suggested/.exec(decodeURIComponent(path));
  streamOf(name).log.push(`confirmed ${n}`);
  write(name, Number(n) + 1);
}

function send(response, body) {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (request.method === "POST") begin(response, JSON.parse(Buffer.concat(chunks).toString()));
    else if (pathname === "/v1/meta") {
      const stream = streamOf(searchParams.get("user"));
      const tell = () => send(response, { log: stream.log });
      if (stream.over) tell();
      else stream.askers.push(tell);
    } else {
      confirm(pathname);
      send(response, { result: "success", data: [] });
    }
  });
});

server.listen(0, "127.0.0.1", () => process.send(server.address().port));
// No orphan is left when the test is gone.
process.on("disconnect", () => process.exit());
