// The server all adapters talk to, in a process of its own: one port for HTTP, one for HTTPS. It is asked for what it
// shall send by `inputs.bench` of the request, which every client can set:
//   bytes            the size of a blocking answer
//   events, framing  a stream at full speed, its chunks made in advance (see bodies.mjs)
//   paceMs           a stream with one event each so many milliseconds, and the time of writing in it as `t`
//   together         a stream that says one event, and the rest when so many such streams are open
// An upload is answered with the number of bytes of its body.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { eventText, framedEvents, jsonAnswer } from "./bodies.mjs";

const BLOCK = 1_000;
const JSON_HEADERS = { "content-type": "application/json" };
const STREAM_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "transfer-encoding": "chunked",
};

/** Remembers what was made, but only the last few: an answer may have 100 MB. */
function remember(make, most) {
  const made = new Map();
  return (...key) => {
    const name = key.join(" ");
    let value = made.get(name);
    if (!value) {
      value = make(...key);
      if (made.size >= most) made.delete(made.keys().next().value);
      made.set(name, value);
    }
    return value;
  };
}

const answerOf = remember(jsonAnswer, 4);
const eventsOf = remember(framedEvents, 16);

function sendJson(response, body) {
  response.writeHead(200, { ...JSON_HEADERS, "content-length": body.length });
  response.end(body);
}

function openStream(response) {
  response.writeHead(200, STREAM_HEADERS);
  response.flushHeaders();
}

/** Writes the events below the HTTP layer, block by block, as fast as the reader takes them. */
function sendAtFullSpeed(response, { events, framing = "mtu" }) {
  const { socket } = response;
  let left = events;
  const write = () => {
    while (left > 0) {
      if (socket.destroyed) return;
      const count = Math.min(BLOCK, left);
      left -= count;
      if (!socket.write(eventsOf(count, framing)) && left > 0) return void socket.once("drain", write);
    }
    response.end();
  };
  write();
}

function sendPaced(response, { events, paceMs }) {
  const start = performance.now();
  let index = 0;
  const tick = () => {
    if (response.destroyed) return;
    response.write(eventText(index, process.hrtime.bigint()));
    index++;
    if (index === events) response.end();
    else setTimeout(tick, Math.max(0, start + index * paceMs - performance.now()));
  };
  tick();
}

let waiting = [];

function sendTogether(response, { events, together }) {
  response.write(eventText(0));
  waiting.push(() => sendAtFullSpeed(response, { events: events - 1 }));
  if (waiting.length < together) return;
  const all = waiting;
  waiting = [];
  for (const goOn of all) goOn();
}

function answerChat(request, response) {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const { inputs, response_mode } = JSON.parse(Buffer.concat(pieces));
    const wish = inputs.bench;
    if (response_mode !== "streaming") return sendJson(response, answerOf(wish.bytes));
    openStream(response);
    if (wish.paceMs) sendPaced(response, wish);
    else if (wish.together) sendTogether(response, wish);
    else sendAtFullSpeed(response, wish);
  });
}

function answerUpload(request, response) {
  let bytes = 0;
  request.on("data", (piece) => {
    bytes += piece.length;
  });
  request.on("end", () => sendJson(response, Buffer.from(JSON.stringify({ id: "file", body_bytes: bytes }))));
}

function handle(request, response) {
  if (request.url === "/v1/chat-messages") answerChat(request, response);
  else if (request.url === "/v1/files/upload") answerUpload(request, response);
  else response.writeHead(404, JSON_HEADERS).end('{"code":"not_found","message":"not found","status":404}');
}

const options = { keepAliveTimeout: 300_000, requestTimeout: 0, noDelay: true };
const fixtures = new URL("../__tests__/fixtures/tls/", import.meta.url);
const secrets = {
  key: readFileSync(new URL("key.pem", fixtures)),
  cert: readFileSync(new URL("cert.pem", fixtures)),
};
const servers = [http.createServer(options, handle), https.createServer({ ...options, ...secrets }, handle)];

const ports = await Promise.all(
  servers.map(
    (server) =>
      new Promise((resolve) => {
        server.listen({ port: 0, host: "127.0.0.1", backlog: 2_048 }, () => resolve(server.address().port));
      }),
  ),
);
process.on("disconnect", () => process.exit(0));
process.send({ http: `http://127.0.0.1:${ports[0]}/v1`, https: `https://127.0.0.1:${ports[1]}/v1` });
