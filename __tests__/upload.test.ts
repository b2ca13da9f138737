import { execFile, fork } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const root = path.join(__dirname, "..");
const folder = mkdtempSync(path.join(tmpdir(), "dify-dual-upload-"));
const file = path.join(folder, "random.bin");
const content = randomBytes(24 * 1024 * 1024 + 12_345);
const sha256 = createHash("sha256").update(content).digest("hex");

beforeAll(() => writeFileSync(file, content));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = `
  const { ChatClient, AsyncChatClient } = require(${JSON.stringify(path.join(root, "dist"))});
  const [baseUrl, file] = process.argv.slice(1);
  const main = async () => {
    const chat = new ChatClient("key", baseUrl);
    console.log(chat.fileUpload("u", { file: { path: file } }).json().id);
    const client = new AsyncChatClient("key", baseUrl);
    const twice = [1, 2].map(() => client.fileUpload("u", { file: { path: file } }));
    for (const response of await Promise.all(twice)) console.log(response.json().id);
    await client.aclose();
    chat.close();
  };
  main().catch((error) => { console.error(error); process.exit(1); });
`;

// The pieces of a file go through the same memory again and again: every byte must have left before.
test.each(["http", "https"])(
  "a large file arrives whole over %s, in both families",
  async (scheme) => {
    const server = fork(path.join(__dirname, "servers", "hashing.js"), [scheme], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    try {
      const port = await new Promise<string>((resolve) =>
        server.stdout?.once("data", (line) => resolve(String(line).trim())),
      );
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["-e", script, `${scheme}://localhost:${port}/v1`, file],
        { env: { ...process.env, NODE_EXTRA_CA_CERTS: path.join(__dirname, "fixtures", "tls", "cert.pem") } },
      );
      expect(stdout.trim().split("\n")).toEqual([sha256, sha256, sha256]);
    } finally {
      server.disconnect();
    }
  },
  60_000,
);
