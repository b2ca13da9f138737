// Takes uploads over TLS or plain HTTP, reading slowly at first, and answers with the SHA-256 of the file inside.
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const http = require("node:http");
const https = require("node:https");
const path = require("node:path");

const tls = path.join(__dirname, "..", "fixtures", "tls");
const secure = process.argv[2] === "https";
const options = secure
  ? { key: readFileSync(path.join(tls, "key.pem")), cert: readFileSync(path.join(tls, "cert.pem")) }
  : {};

const server = (secure ? https : http).createServer(options, async (request, response) => {
  const boundary = /boundary=(.+)$/.exec(request.headers["content-type"])[1];
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
    // Makes the sender wait now and then, so that its buffers go round more than once while chunks are queued.
    if (chunks.length % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const body = Buffer.concat(chunks);
  const start = body.indexOf("\r\n\r\n", body.indexOf('name="file"')) + 4;
  const end = body.lastIndexOf(`\r\n--${boundary}--`);
  const sha256 = createHash("sha256").update(body.subarray(start, end)).digest("hex");
  response.writeHead(201, { "content-type": "application/json" });
  response.end(JSON.stringify({ id: sha256 }));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.on("disconnect", () => process.exit(0));
