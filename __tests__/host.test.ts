import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Connection, RequestDescription } from "../lib/core/request";
import { RequestEncoder } from "../lib-sync/bridge/codec";
import { Host } from "../lib-sync/bridge/host";
import type { FromHost } from "../lib-sync/bridge/protocol";

const SIZE = 12 * 1024 * 1024;
/** Bytes that tell where they belong. */
const content = Buffer.alloc(SIZE);
for (let at = 0; at < SIZE; at += 4) content.writeUInt32LE(at, at);

// The caller is the test itself, so that the server need not be in a process of its own.
test("what a socket brings while the bytes before are being sent goes after them", async () => {
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    // In small chunks, so that one read of the socket brings many.
    for (let at = 0; at < SIZE; at += 1400) response.write(content.subarray(at, Math.min(SIZE, at + 1400)));
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const connection: Connection = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    basePath: "/v1",
    headers: {},
    proxy: null,
    connectTimeout: 5_000,
    logging: false,
  };
  const request: RequestDescription = {
    operation: "createChatMessage",
    method: "POST",
    path: "/chat-messages",
    json: "{}",
    parts: undefined,
    answer: "stream",
    limits: {
      timeout: 5_000,
      connectTimeout: 5_000,
      deadline: 20_000,
      maxRetries: 0,
      retryDelay: 0,
      maxRetryAfter: 0,
      retryUnsafe: false,
    },
    headers: undefined,
    raiseErrors: false,
    secret: false,
    signal: undefined,
  };
  const chunks: Buffer[] = [];
  const end = new Promise<FromHost>((resolve) => {
    // A caller that always waits, and is late to say what it has read.
    const host = new Host(
      (message) => {
        if (message[0] === "chunk") {
          chunks.push(Buffer.from(message[2]));
          const size = message[2].length;
          setTimeout(() => host.receive(["ack", 1, size]), 2);
        } else if (message[0] !== "stream") resolve(message);
      },
      () => {},
      () => true,
    );
    host.receive(
      new RequestEncoder().encode(1, 1, connection, request, { blobs: false, descriptors: false }),
    );
  });
  try {
    expect(await end).toEqual(["end", 1, null]);
    expect(Buffer.concat(chunks).equals(content)).toBe(true);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
