// A server in a process of its own that writes down what it is asked, and answers something plausible or what it was
// told to. It shares no code with the library: what it says about a request is read off the bytes.
const { createHash } = require("node:crypto");
const http = require("node:http");

const CONTROL = "/__recorder/";
let recorded = [];
let script = [];

const server = http.createServer((request, response) => {
  const arrived = performance.now();
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("error", () => {});
  request.on("end", () => {
    const body = Buffer.concat(chunks);
    if (request.url.startsWith(CONTROL)) return control(request.url.slice(CONTROL.length), body, response);
    const record = { at: arrived, ...describe(request, body) };
    recorded.push(record);
    answer(record, response);
  });
});

function control(command, body, response) {
  let result = null;
  if (command === "take") {
    result = recorded;
    recorded = [];
  } else if (command === "script") script = JSON.parse(body);
  else response.statusCode = 404;
  response.end(JSON.stringify(result));
}

function describe(request, body) {
  const [path, ...query] = request.url.split("?");
  const type = request.headers["content-type"];
  const record = {
    method: request.method,
    target: request.url,
    path,
    query: [...new URLSearchParams(query.join("?"))],
    headers: request.headers,
    size: body.length,
  };
  const boundary = /^multipart\/form-data; boundary=([\w'()+,./:=?-]+)$/.exec(type ?? "")?.[1];
  if (boundary) return { ...record, kind: "multipart", parts: partsOf(body, boundary) };
  if (body.length === 0) return { ...record, kind: "none" };
  try {
    return {
      ...record,
      kind: "json",
      json: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)),
    };
  } catch {
    return { ...record, kind: "bytes" };
  }
}

/** RFC 7578, and not a byte more: whatever does not fit is a fault that the tests see. */
function partsOf(body, boundary) {
  const parts = [];
  const opening = Buffer.from(`--${boundary}`);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  if (body.indexOf(opening) !== 0) return [{ fault: "the body does not begin with the boundary" }];
  let at = opening.length;
  for (;;) {
    const mark = body.toString("latin1", at, at + 2);
    if (mark === "--") {
      if (body.toString("latin1", at + 2) !== "\r\n")
        parts.push({ fault: "something follows the last boundary" });
      return parts;
    }
    if (mark !== "\r\n") return [...parts, { fault: "a boundary's line does not end" }];
    const headEnd = body.indexOf("\r\n\r\n", at);
    const end = body.indexOf(delimiter, headEnd);
    if (headEnd < 0 || end < 0) return [...parts, { fault: "a part does not end" }];
    parts.push(partOf(body.toString("utf8", at + 2, headEnd), body.subarray(headEnd + 4, end)));
    at = end + delimiter.length;
  }
}

function partOf(head, content) {
  const rawHeaders = head.split("\r\n");
  const part = {
    rawHeaders,
    size: content.length,
    sha256: createHash("sha256").update(content).digest("hex"),
  };
  if (content.length <= 65_536) part.base64 = content.toString("base64");
  for (const line of rawHeaders) {
    const disposition =
      /^Content-Disposition: form-data; name="([^"\r\n]*)"(?:; filename="([^"\r\n]*)")?$/i.exec(line);
    const type = /^Content-Type: ([^\r\n]+)$/i.exec(line);
    if (disposition && part.name === undefined) {
      part.name = unquoted(disposition[1]);
      part.filename = disposition[2] === undefined ? null : unquoted(disposition[2]);
    } else if (type && part.contentType === undefined) part.contentType = type[1];
    else part.fault = `an unexpected header: ${line}`;
  }
  if (part.name === undefined) part.fault = "a part without a name";
  part.contentType ??= null;
  return part;
}

// As werkzeug, on which Dify stands, reads a quoted parameter.
function unquoted(value) {
  return value.replaceAll("\\\\", "\\").replaceAll("%22", '"');
}

function answer(record, response) {
  const scripted = script.shift();
  const { reset, hang, status, headers, body, wait = 0, chunks } = scripted ?? plausible(record);
  if (hang) return;
  if (reset) {
    response.socket.resetAndDestroy();
    return;
  }
  const send = async () => {
    const json = body !== undefined && typeof body !== "string";
    response.writeHead(status ?? 200, {
      ...(json ? { "content-type": "application/json" } : {}),
      ...headers,
    });
    for (const [delay, chunk] of chunks ?? []) {
      if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
      response.write(chunk);
    }
    response.end(json ? JSON.stringify(body) : body);
  };
  if (wait > 0) setTimeout(send, wait);
  else send();
}

function plausible({ method, path, json }) {
  const streaming = json?.response_mode === "streaming" && !path.endsWith("/pipeline/run");
  if (streaming || /\/pipeline\/datasource\/nodes\/[^/]+\/run$/.test(path)) {
    const events = [
      { event: "message", task_id: "task-1", message_id: "msg-1", conversation_id: "conv-1", answer: "Hel" },
      { event: "message", task_id: "task-1", message_id: "msg-1", conversation_id: "conv-1", answer: "lo" },
      {
        event: "message_end",
        task_id: "task-1",
        message_id: "msg-1",
        conversation_id: "conv-1",
        metadata: {},
      },
    ];
    const chunks = events.map((event) => [0, `data: ${JSON.stringify(event)}\n\n`]);
    return { headers: { "content-type": "text/event-stream" }, chunks };
  }
  if (method === "DELETE") return { status: 204, headers: { "content-type": "application/json" } };
  return { body: { result: "success", id: "id-1", name: "name-1", answer: "Hello", data: [] } };
}

server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
// The tests hold the other end: when they are gone, however they went, so is this.
process.stdin.on("end", () => process.exit(0)).resume();
