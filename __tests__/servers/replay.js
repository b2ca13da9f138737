// A server in a process of its own that sends recorded streams byte for byte, cut where the request says so. Plain
// JavaScript, as Node 20 cannot run TypeScript.
//
//   POST anything   { user: "{n} {gap} {cut} {cut} ..." }: the stream that came as the n-th message, in these
//                   pieces, and between two of them a gap of so many milliseconds
const { createServer } = require("node:http");

const bodies = [];
process.on("message", (bodyAsText) => bodies.push(Buffer.from(bodyAsText)));

function later(what, gap) {
  if (gap >= 1) setTimeout(what, gap);
  else {
    setImmediate(() => {
      // Finer than timers are.
      for (const end = performance.now() + gap; performance.now() < end; );
      what();
    });
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const { user } = JSON.parse(Buffer.concat(chunks).toString());
    const [n, gap, ...cuts] = user.split(" ").map(Number);
    const body = bodies[n];
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    const ends = [...cuts, body.length];
    let at = 0;
    const next = () => {
      const end = ends.shift();
      if (end > at) response.write(body.subarray(at, end));
      else if (at === 0) response.flushHeaders();
      at = end;
      // The rest in a turn of its own, so that the pieces leave one by one.
      if (ends.length > 0) later(next, gap);
      else response.end();
    };
    next();
  });
});

server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
// No orphan is left when the test is gone.
process.on("disconnect", () => process.exit());
