// A server in a process of its own for the tests of the bridge: it answers also while the thread that asks is
// blocked. What it does stands in the base URL, `/{what}~{argument}~{name}/v1`. Plain JavaScript, as Node 20 cannot
// run TypeScript. What happened under a name, in order, is told by `/report~~{name}/v1`, and `/await~{entry}~{name}/v1`
// answers once it has happened.
const { createServer } = require("node:http");
const { createServer: createSecureServer } = require("node:https");
const { createHash } = require("node:crypto");

const tales = new Map();

function taleOf(name) {
  if (!tales.has(name)) tales.set(name, { log: [], waiting: [], written: 0, open: 0 });
  return tales.get(name);
}

function note(name, entry) {
  const tale = taleOf(name);
  tale.log.push(entry);
  for (const look of [...tale.waiting]) look();
}

function answer(response, body, headers = {}) {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

function beginStream(response) {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.flushHeaders();
}

const event = (n, fill = "") =>
  `data: ${JSON.stringify({ event: "message", n, answer: `${n} ${fill}` })}\n\n`;

/** A megabyte that is the same every time, but no two of whose 4 KB are. */
const megabyte = Buffer.alloc(1024 * 1024);
for (let i = 0, x = 1; i < megabyte.length; i += 4) {
  x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
  megabyte.writeUInt32LE(x, i);
}

/** The content of the one file of a form. */
function fileOf(body, contentType) {
  const boundary = `--${/boundary=(\S+)/.exec(contentType)[1]}`;
  const begin = body.indexOf("\r\n\r\n", body.indexOf('filename="')) + 4;
  return body.subarray(begin, body.indexOf(`\r\n${boundary}`, begin));
}

const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");

const behaviours = {
  json: ({ response }) => answer(response, { result: "success", data: [] }),
  hold: ({ response, argument }) =>
    setTimeout(() => answer(response, { result: "success", held: Number(argument) }), Number(argument)),
  never: () => {},
  status: ({ response, argument }) => {
    response.writeHead(Number(argument), { "content-type": "application/json", "x-trace-id": "trace-1" });
    response.end(JSON.stringify({ code: "some_code", message: "refused", status: Number(argument) }));
  },
  reset: ({ request }) => request.socket.destroy(),
  echo: ({ response, body }) => answer(response, JSON.parse(body.toString() || "null")),
  hash: ({ response, request, body }) => {
    const type = request.headers["content-type"];
    const content = type?.startsWith("multipart/") ? fileOf(body, type) : body;
    answer(response, { size: content.length, hash: sha(content) });
  },
  big: ({ response, argument }) => {
    const size = Number(argument) * megabyte.length;
    const hash = createHash("sha256");
    for (let at = 0; at < size; at += megabyte.length) hash.update(megabyte);
    response.writeHead(200, { "content-length": size, "x-hash": hash.digest("hex") });
    flood(response, size, () => {});
  },
  events: ({ response, argument }) => {
    beginStream(response);
    for (let n = 0; n < Number(argument); n++) response.write(event(n));
    response.end();
  },
  endless: ({ response, argument, name }) => {
    beginStream(response);
    response.write(event(0, "x".repeat(Number(argument || 0))));
    response.once("close", () => note(name, "closed by the reader"));
  },
  // An event a turn until the reader goes.
  drip: ({ response, name }) => {
    beginStream(response);
    let n = 0;
    const timer = setInterval(() => response.write(event(n++)), 5);
    response.once("close", () => {
      clearInterval(timer);
      note(name, "closed by the reader");
    });
  },
  // So many megabytes of events, as fast as they are read.
  flood: ({ response, argument, name }) => {
    beginStream(response);
    const line = Buffer.from(event(0, "x".repeat(64 * 1024)));
    const count = Math.ceil((Number(argument) * megabyte.length) / line.length);
    let n = 0;
    const more = () => {
      while (n < count) {
        n++;
        taleOf(name).written += line.length;
        if (!response.write(line)) {
          response.once("drain", more);
          return;
        }
      }
      response.end();
    };
    response.once("close", () => note(name, response.writableFinished ? "all read" : "closed by the reader"));
    more();
  },
  report: ({ response, name }) => {
    const { log, written, open } = taleOf(name);
    answer(response, { log, written, open });
  },
  await: ({ response, argument, name }) => {
    const tale = taleOf(name);
    const look = () => {
      if (!tale.log.includes(argument)) return;
      tale.waiting = tale.waiting.filter((other) => other !== look);
      answer(response, { log: tale.log });
    };
    tale.waiting.push(look);
    look();
  },
};

function flood(response, size, done) {
  let at = 0;
  const more = () => {
    while (at < size) {
      at += megabyte.length;
      if (!response.write(megabyte)) {
        response.once("drain", more);
        return;
      }
    }
    response.end();
    done();
  };
  more();
}

/** The open connections of a name are counted, and each end is told. */
function count(socket, name) {
  if (socket.counted) return;
  socket.counted = true;
  const tale = taleOf(name);
  tale.open++;
  note(name, "connected");
  socket.once("close", () => {
    tale.open--;
    note(name, "disconnected");
  });
}

const server = createServer(serve);
function serve(request, response) {
  const [what, argument, name] = decodeURIComponent(request.url.split("/")[1]).split("~");
  if (name && what !== "report" && what !== "await") count(request.socket, name);
  const chunks = [];
  request.on("error", () => {});
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (name && what !== "report" && what !== "await") note(name, `asked ${request.url.split("/v1")[1]}`);
    behaviours[what]({ request, response, argument, name, body: Buffer.concat(chunks) });
  });
}
// An idle connection is closed soon, for those tests that outlast it.
server.keepAliveTimeout = Number(process.argv[2] ?? 60_000);
server.keepAliveTimeoutBuffer = 0;
const secure = createSecureServer(require("./tls.cjs"), serve);
server.listen(0, "127.0.0.1", () =>
  secure.listen(0, "127.0.0.1", () => process.send([server.address().port, secure.address().port])),
);
// No orphan is left when the test is gone.
process.on("disconnect", () => process.exit());
