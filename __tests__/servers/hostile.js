// A server in a process of its own that means harm. What it does stands in the base URL, `/{what}/v1`. Plain
// JavaScript, as Node 20 cannot run TypeScript.
//
//   GET /report    what came since the last time, and how many connections of /flood are open
const { createServer } = require("node:http");

const seen = [];
let floods = 0;

const json = (response, status, body, headers = {}) => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
};

const events = (response, ...texts) => {
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.end(texts.map((text) => `data: ${text}\n\n`).join(""));
};

const POLLUTION = '"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}}';

// Each is told the key, as servers and proxies say back what they were sent.
const behaviours = {
  text: ({ response, key }) => {
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(key);
  },
  // The key is where texts are cut.
  cut200: ({ response, key }) => {
    response.writeHead(200, { "content-type": "text/plain" });
    response.end("x".repeat(180) + key);
  },
  cut2000: ({ response, key }) => json(response, 400, { code: "bad", message: "x".repeat(1_980) + key }),
  // With a credential where such an operation would give one.
  echo: ({ request, response, key, body }) => {
    const gives = /\/(api-tokens|model-providers)\b/.test(request.url) ? { credentials: "sk-1ssued" } : {};
    json(response, 200, { ...gives, authorization: key, body: body.toString("latin1") }, { "x-key": key });
  },
  events: ({ response, key }) => {
    const said = { event: "error", code: key, message: `wrong key: ${key}`, status: 401 };
    events(response, JSON.stringify({ event: "message", answer: "a" }), JSON.stringify(said));
  },
  "events-bad": ({ response, key }) => events(response, key),
  "events-list": ({ response, key }) => events(response, JSON.stringify([key])),
  "events-long": ({ response }) => {
    events(response, JSON.stringify({ event: "error", code: "c".repeat(1e6), message: "m".repeat(1e6) }));
  },
  // Not HTTP: the request itself comes back.
  mirror: ({ request, key }) => {
    request.socket.end(`POST /v1/chat-messages HTTP/1.1\r\nauthorization: Bearer ${key}\r\n\r\n`);
  },
  "mirror-late": ({ request, key }) => {
    request.socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nBearer ${key}\r\n\r\n`);
  },
  flood: ({ response }) => {
    floods++;
    response.once("close", () => floods--);
    response.writeHead(200, { "content-type": "text/html" });
    const block = Buffer.alloc(64 * 1024, "<p>");
    const more = () => {
      while (response.write(block));
    };
    response.on("drain", more);
    more();
  },
  polluting: ({ response }) => {
    json(response, 200, `{${POLLUTION},"data":[{${POLLUTION}}]}`, { constructor: "x" });
  },
  "polluting-error": ({ response }) => json(response, 400, `{${POLLUTION},"code":"bad","message":"no"}`),
  "polluting-events": ({ response }) => {
    events(response, `{${POLLUTION},"event":"message","answer":"a"}`, `{${POLLUTION},"event":"message_end"}`);
  },
  hold: ({ response }) => setTimeout(() => json(response, 200, { result: "success" }), 400),
};

function respond(what, context) {
  const [kind, status, elsewhere] = what.split("~");
  const { response, key } = context;
  if (kind === "error") json(response, Number(status), { code: key, message: `the key ${key} is wrong` });
  else if (kind === "plain") {
    response.writeHead(Number(status), { "content-type": "text/plain" });
    response.end(`the key ${key} is wrong`);
  } else if (kind === "elsewhere") {
    // All that could make a client ask somebody else.
    const url = `http://127.0.0.1:${elsewhere}/v1/info`;
    json(
      response,
      Number(status),
      { code: "moved", message: "moved", url, next: url },
      {
        location: url,
        refresh: `0; url=${url}`,
        link: `<${url}>; rel="next"`,
        "content-location": url,
        "alt-svc": `h2="127.0.0.1:${elsewhere}"; ma=60`,
      },
    );
  } else behaviours[what](context);
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on("error", () => {});
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url === "/report") return json(response, 200, { seen: seen.splice(0), floods });
    const key = String(request.headers.authorization).replace(/^Bearer /, "");
    seen.push({ method: request.method, url: request.url, headers: request.headers });
    const what = decodeURIComponent(request.url.split("/")[1]);
    respond(what, { request, response, key, body: Buffer.concat(chunks) });
  });
});

server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
// No orphan is left when the test is gone.
process.on("disconnect", () => process.exit());
