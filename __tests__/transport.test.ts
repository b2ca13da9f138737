import { getEventListeners } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { Agent } from "undici";
import { AsyncChatClient, type AsyncClientOptions } from "../lib/clients";
import {
  APIError,
  DifyClientError,
  FileUploadError,
  NetworkError,
  RateLimitError,
  StreamError,
  TimeoutError,
} from "../lib/errors";
import {
  freePort,
  type Seen,
  serve,
  serveRaw,
  signalled,
  type TestServer,
  unreachable,
} from "./support/servers";

const KEY = "app-secret-key";
const message = { inputs: {}, query: "Hello", user: "u", response_mode: "blocking" } as const;
const streamed = { ...message, response_mode: "streaming" } as const;
const event = (answer: string) => ({ event: "message", answer });
const framed = (...events: unknown[]) => events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("");

const opened: { close(): Promise<unknown> }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

const keep = <T extends { close(): Promise<unknown> }>(one: T): T => {
  opened.push(one);
  return one;
};

/** A client that retries at once. */
function connect(server: { baseUrl: string }, options: AsyncClientOptions = {}): AsyncChatClient {
  const client = new AsyncChatClient(KEY, {
    baseUrl: server.baseUrl,
    proxy: null,
    retryDelay: 0,
    ...options,
  });
  opened.push({ close: () => client.aclose() });
  return client;
}

async function caught(call: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await call;
  } catch (error) {
    return error;
  }
  throw new Error(`did not reject, but gave ${JSON.stringify(value)}`);
}

async function collect<T>(items: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const found: T[] = [];
  try {
    for await (const item of items) found.push(item);
    return { items: found, error: null };
  } catch (error) {
    return { items: found, error };
  }
}

function answer(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** Begins a stream and leaves it open. */
function begin(response: ServerResponse, text = ""): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  response.flushHeaders();
  if (text) response.write(text);
}

const success = { result: "success" };
const failure = (status: number) => ({ code: "some_code", message: "not now", status });

describe("a time-out", () => {
  test("to connect raises TimeoutError that names the limit and its milliseconds", async () => {
    const nowhere = keep(await unreachable());
    const client = connect(nowhere, { connectTimeout: 60, timeout: 30_000, maxRetries: 0 });
    const error = await caught(client.createChatMessage(message));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      operation: "createChatMessage",
      message: expect.stringMatching(/\b60 ms \(connectTimeout, in milliseconds\)/),
    });

    const hurried = connect(nowhere, { connectTimeout: 30_000, deadline: 70 });
    expect(await caught(hurried.getAppInfo())).toMatchObject({
      name: "TimeoutError",
      message: expect.stringMatching(/\b70 ms \(deadline, in milliseconds\)/),
    });

    const controller = new AbortController();
    const aborted = connect(nowhere, { connectTimeout: 30_000 }).getAppInfo(
      {},
      { signal: controller.signal },
    );
    controller.abort("enough");
    expect(await caught(aborted)).toBe("enough");

    const closed = connect(nowhere, { connectTimeout: 30_000 });
    const left = caught(closed.getAppInfo());
    await closed.aclose();
    expect(await left).toMatchObject({ name: "DifyClientError", message: expect.stringContaining("closed") });
  });

  test("to connect is a failure to connect: any method is tried again", async () => {
    const nowhere = keep(await unreachable());
    const tried: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (line: string) => void tried.push(line) };
    const client = connect(nowhere, { connectTimeout: 20, maxRetries: 2, logger });
    expect(await caught(client.createChatMessage(message))).toBeInstanceOf(TimeoutError);
    expect(tried).toHaveLength(3);
  });

  test("before the headers holds for one attempt: a POST is seen once, a GET again", async () => {
    const server = keep(await serve(() => {}));
    const client = connect(server, { timeout: 100, maxRetries: 2 });
    const expected = {
      name: "TimeoutError",
      message: expect.stringMatching(/\b100 ms \(timeout, in milliseconds\)/),
    };
    expect(await caught(client.createChatMessage(message))).toMatchObject(expected);
    expect(server.seen).toHaveLength(1);
    expect(await caught(client.getAppInfo())).toMatchObject(expected);
    expect(server.seen).toHaveLength(4);
    for (const { closed } of server.seen) await closed;
  });

  test("of a call goes before that of its client", async () => {
    const server = keep(await serve(() => {}));
    const client = connect(server, { timeout: 30_000, maxRetries: 0 });
    expect(await caught(client.getAppInfo({}, { timeout: 40 }))).toMatchObject({
      message: expect.stringContaining(" 40 ms (timeout,"),
    });
    expect(await caught(client.getAppInfo({}, { deadline: 40 }))).toMatchObject({
      message: expect.stringContaining(" 40 ms (deadline,"),
    });
  });

  test("within a body raises, and drops the connection", async () => {
    const server = keep(
      await serve((_seen, response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
        response.write('{"name":');
      }),
    );
    const error = await caught(connect(server, { timeout: 100, maxRetries: 0 }).getAppInfo());
    expect(error).toMatchObject({
      name: "TimeoutError",
      message: expect.stringContaining(" 100 ms (timeout,"),
    });
    await server.seen[0]?.closed;
  });

  test("within a stream raises behind the events that came, and drops the connection", async () => {
    const server = keep(
      await serve((_seen, response) => begin(response, `${framed(event("a"), event("b"))}data: {"ha`)),
    );
    const client = connect(server, { timeout: 100 });
    for (const read of ["events", "lines"]) {
      const stream = await client.createChatMessage(streamed);
      const { items, error } = await collect<unknown>(read === "events" ? stream : stream.aiterLines());
      expect(items).toHaveLength(read === "events" ? 2 : 4);
      expect(error).toMatchObject({
        name: "TimeoutError",
        message: expect.stringContaining(" 100 ms (timeout,"),
      });
    }
    expect(server.seen).toHaveLength(2);
    for (const { closed } of server.seen) await closed;
  });

  test("does not come while there are signs of life, however slow: pings, headers, pieces of a body", async () => {
    const server = keep(
      await serve((seen, response) => {
        const isStream = seen.method === "POST";
        if (isStream) begin(response);
        else response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
        let sent = 0;
        const timer = setInterval(() => {
          if (++sent === 30) {
            clearInterval(timer);
            response.end(isStream ? framed(event("a")) : "{}");
          } else response.write(isStream ? "event: ping\n\n" : " ");
        }, 40);
      }),
    );
    // 30 times 40 ms is longer than the limit, 40 ms far shorter.
    const client = connect(server, { timeout: 1_000, maxRetries: 0 });
    const [stream, info] = await Promise.all([client.createChatMessage(streamed), client.getAppInfo()]);
    expect(await collect(stream)).toEqual({ items: [event("a")], error: null });
    expect(info.json()).toEqual({});
  });

  test("does not come while it is the reader who is slow", async () => {
    const flood = framed(event("x".repeat(64 * 1024))).repeat(64);
    const server = keep(
      await serve((seen, response) => {
        if (seen.method === "GET") return answer(response, 200, {});
        begin(response);
        response.end(flood);
      }),
    );
    const stream = await connect(server).createChatMessage(streamed, { timeout: 150 });
    const iterator = stream[Symbol.asyncIterator]();
    await iterator.next();
    // Longer than the limit, with the queue full and the socket held.
    const other = connect(server);
    for (const end = performance.now() + 450; performance.now() < end; ) await other.getAppInfo();
    let count = 1;
    while (!(await iterator.next()).done) count++;
    expect(count).toBe(64);
  });
});

describe("a deadline", () => {
  test("holds over all attempts together", async () => {
    const server = keep(
      await serve((_seen, response, nth) => {
        if (nth <= 2) answer(response, 503, failure(503));
      }),
    );
    const error = await caught(connect(server, { deadline: 1_500, maxRetries: 1_000 }).getAppInfo());
    expect(error).toMatchObject({
      name: "TimeoutError",
      message: expect.stringMatching(/\b1500 ms \(deadline, in milliseconds\)/),
    });
    // Two answers, and the third attempt that the deadline ended: no further one.
    expect(server.seen).toHaveLength(3);
  });

  test("ends attempts that each are quick", async () => {
    const server = keep(await serve((_seen, response) => answer(response, 503, failure(503))));
    const error = await caught(
      connect(server, { deadline: 120, maxRetries: Number.POSITIVE_INFINITY }).getAppInfo(),
    );
    expect([TimeoutError, APIError]).toContain((error as Error).constructor);
    expect(server.seen.length).toBeGreaterThan(1);
  });

  test("that a wait would pass raises what is known, at once", async () => {
    const server = keep(
      await serve((_seen, response) => answer(response, 429, failure(429), { "retry-after": "50" })),
    );
    const error = await caught(connect(server, { deadline: 15_000 }).createChatMessage(message));
    expect(error).toMatchObject({ name: "RateLimitError", retryAfter: 50_000 });
    expect(server.seen).toHaveLength(1);
  });

  test("ends a stream however alive it is", async () => {
    const timers: NodeJS.Timeout[] = [];
    const server = keep(
      await serve((_seen, response) => {
        begin(response);
        timers.push(setInterval(() => response.write(framed(event("a"))), 5));
      }),
    );
    const { items, error } = await collect(
      await connect(server, { deadline: 150 }).createChatMessage(streamed),
    );
    expect(items.length).toBeGreaterThan(0);
    expect(error).toMatchObject({
      name: "TimeoutError",
      message: expect.stringContaining(" 150 ms (deadline,"),
    });
    await server.seen[0]?.closed;
    timers.forEach(clearInterval);
  });
});

describe("what is sent once, and what again", () => {
  const lose: [string, (socket: import("node:net").Socket) => void][] = [
    ["closes", (socket) => socket.destroy()],
    ["resets", (socket) => socket.resetAndDestroy()],
    ["ends", (socket) => void socket.end()],
    ["breaks off in the headers", (socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-")],
    ["breaks off in the body", (socket) => void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")],
    ["speaks no HTTP", (socket) => void socket.end("hello\r\n\r\n")],
  ];

  /** Reads whole requests, and does `then` instead of answering. */
  async function loseAnswers(then: (socket: import("node:net").Socket) => void) {
    const requests: string[] = [];
    const server = await serveRaw((socket) => {
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
        const head = text.indexOf("\r\n\r\n");
        if (head === -1) return;
        const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
        if (text.length < head + 4 + length) return;
        requests.push(text.slice(0, text.indexOf(" ")));
        text = "";
        then(socket);
      });
    });
    return { ...keep(server), requests };
  }

  test.each(lose)(
    "a POST whose server reads it and %s is seen once, a GET and a DELETE again",
    async (_what, then) => {
      const server = await loseAnswers(then);
      const client = connect(server, { maxRetries: 2 });
      const error = await caught(client.createChatMessage(message));
      expect(error).toBeInstanceOf(NetworkError);
      expect(error).toMatchObject({
        operation: "createChatMessage",
        cause: expect.objectContaining({ message: expect.any(String) }),
      });
      expect((error as Error).message).not.toContain(KEY);
      expect(server.requests).toEqual(["POST"]);
      expect(await caught(client.getAppInfo())).toBeInstanceOf(NetworkError);
      expect(await caught(client.deleteConversation({ conversation_id: "c", user: "u" }))).toBeInstanceOf(
        NetworkError,
      );
      expect(server.requests).toEqual(["POST", "GET", "GET", "GET", "DELETE", "DELETE", "DELETE"]);
    },
  );

  test("a PUT whose answer is lost is seen once, and retryUnsafe sends it again", async () => {
    const server = await loseAnswers((socket) => socket.destroy());
    const update = { conversation_id: "c", variable_id: "v", value: 1, user: "u" };
    await caught(connect(server).updateConversationVariable(update));
    expect(server.requests).toEqual(["PUT"]);
    await caught(connect(server, { retryUnsafe: true, maxRetries: 2 }).updateConversationVariable(update));
    expect(server.requests).toEqual(["PUT", "PUT", "PUT", "PUT"]);
  });

  test("maxRetries: 0 sends everything once", async () => {
    const server = await loseAnswers((socket) => socket.destroy());
    await caught(connect(server).getAppInfo({}, { maxRetries: 0 }));
    await caught(connect(server, { maxRetries: 0, retryUnsafe: true }).createChatMessage(message));
    expect(server.requests).toEqual(["GET", "POST"]);
  });

  test("a POST that found nobody is sent again, and seen once by the server that starts meanwhile", async () => {
    const port = await freePort();
    let started: Promise<TestServer> | undefined;
    const logger = {
      debug() {},
      info() {},
      error() {},
      warn() {
        started ??= serve((_seen, response) => answer(response, 200, { answer: "late" }), port);
      },
    };
    const client = connect(
      { baseUrl: `http://127.0.0.1:${port}/v1` },
      { logger, maxRetries: 100_000, retryDelay: 10 },
    );
    const response = await client.createChatMessage(message);
    expect(response.json().answer).toBe("late");
    const server = keep(await (started as Promise<TestServer>));
    expect(server.seen).toHaveLength(1);
    expect(JSON.parse(server.seen[0]?.body.toString() ?? "")).toMatchObject({ query: "Hello" });
  });

  test("nobody there is a NetworkError that names where, and not the key", async () => {
    const port = await freePort();
    const error = await caught(
      connect({ baseUrl: `http://127.0.0.1:${port}/v1` }, { maxRetries: 1 }).createChatMessage(message),
    );
    expect(error).toBeInstanceOf(NetworkError);
    expect((error as Error).message).toBe(
      `createChatMessage: could not connect to http://127.0.0.1:${port} (ECONNREFUSED)`,
    );
  });

  test.each([
    ["0", "seconds"],
    ["Thu, 01 Jan 1970 00:00:00 GMT", "an IMF-fixdate"],
    ["Thursday, 01-Jan-98 00:00:00 GMT", "an RFC 850 date"],
    ["Thu Jan  1 00:00:00 1970", "an asctime date"],
  ])("a POST is sent again, the same, on 429 with Retry-After: %s (%s)", async (retryAfter) => {
    const server = keep(
      await serve((_seen, response, nth) => {
        if (nth < 3) answer(response, 429, failure(429), { "retry-after": retryAfter });
        else answer(response, 200, { answer: "at last" });
      }),
    );
    const response = await connect(server).createChatMessage(message);
    expect(response.json().answer).toBe("at last");
    expect(server.seen).toHaveLength(3);
    expect(new Set(server.seen.map(({ body }) => body.toString())).size).toBe(1);
    expect(server.connections).toBe(1);
  });

  test("a stream that is answered 429 with Retry-After is asked for again", async () => {
    const server = keep(
      await serve((_seen, response, nth) => {
        if (nth === 1) return answer(response, 429, failure(429), { "retry-after": "0" });
        begin(response, framed(event("a")));
        response.end();
      }),
    );
    expect(await collect(await connect(server).createChatMessage(streamed))).toEqual({
      items: [event("a")],
      error: null,
    });
    expect(server.seen).toHaveLength(2);
  });

  test("a stream that broke is not asked for again", async () => {
    const server = keep(
      await serve((_seen, response) => {
        begin(response, framed(event("a")));
        response.socket?.end();
      }),
    );
    const { error } = await collect(await connect(server).createChatMessage(streamed));
    expect(error).toBeInstanceOf(StreamError);
    expect(server.seen).toHaveLength(1);
  });

  test.each([408, 429, 500, 502, 503, 504])("%d: a GET is sent again, a POST is not", async (status) => {
    const server = keep(
      await serve((_seen, response, nth) => {
        if (nth < 4) answer(response, status, failure(status));
        else answer(response, 200, success);
      }),
    );
    const client = connect(server);
    expect(await caught(client.createChatMessage(message))).toMatchObject({
      statusCode: status,
      message: "not now",
    });
    expect(server.seen.map(({ method }) => method)).toEqual(["POST"]);
    expect((await client.getAppInfo()).statusCode).toBe(200);
    expect(server.seen.map(({ method }) => method)).toEqual(["POST", "GET", "GET", "GET"]);
  });

  test.each([400, 401, 403, 404, 409, 422, 501])("%d: a GET is not sent again", async (status) => {
    const server = keep(
      await serve((_seen, response) => answer(response, status, failure(status), { "retry-after": "0" })),
    );
    expect(await caught(connect(server).getAppInfo())).toMatchObject({ statusCode: status });
    expect(server.seen).toHaveLength(1);
  });

  test("Retry-After beyond maxRetryAfter raises at once, with the wait in milliseconds", async () => {
    const server = keep(
      await serve((seen, response) =>
        answer(response, seen.method === "GET" ? 503 : 429, failure(429), { "retry-after": "3600" }),
      ),
    );
    const client = connect(server);
    const error = await caught(client.createChatMessage(message));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ retryAfter: 3_600_000, statusCode: 429 });
    expect(await caught(client.getAppInfo())).toMatchObject({ name: "APIError", statusCode: 503 });
    expect(server.seen).toHaveLength(2);
  });

  test("with the retries used up the last answer is raised", async () => {
    const server = keep(
      await serve((_seen, response, nth) => answer(response, 503, { message: `no ${nth}` })),
    );
    expect(await caught(connect(server, { maxRetries: 2 }).getAppInfo())).toMatchObject({ message: "no 3" });
    const kept = await connect(server, { maxRetries: 1 }).getAppInfo({}, { raiseErrors: false });
    expect(kept.json()).toEqual({ message: "no 5" });
  });
});

describe("an upload", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), "dify-dual-transport-"));
    writeFileSync(path.join(folder, "a.txt"), "from a file");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const twice = () =>
    serve((_seen, response, nth) => {
      if (nth === 1) answer(response, 429, failure(429), { "retry-after": "0" });
      else answer(response, 201, { id: "f" });
    });
  const parts = ({ headers, body }: Seen) => {
    const boundary = /boundary=(.*)$/.exec(headers["content-type"] ?? "")?.[1] as string;
    return body.toString().split(boundary);
  };

  test.each<[string, () => Buffer | Blob | { path: string }]>([
    ["a Buffer", () => Buffer.from("some bytes")],
    ["a Blob", () => new Blob(["some ", "bytes"])],
    ["a path", () => ({ path: path.join(folder, "a.txt") })],
  ])("of %s is sent again as it was", async (_name, content) => {
    const server = keep(await twice());
    await connect(server).fileUpload("u", { file: ["a.txt", content(), "text/plain"] });
    const [first, second] = server.seen as [Seen, Seen];
    expect(parts(first).length).toBeGreaterThan(2);
    expect(parts(second)).toEqual(parts(first));
    expect(server.seen).toHaveLength(2);
  });

  test("of a stream is not sent again, on 429 as little as when nobody is there", async () => {
    const server = keep(await twice());
    const file = () => ["a.txt", Readable.from(["some ", "bytes"]), "text/plain"] as const;
    const error = await caught(connect(server).fileUpload("u", { file: [...file()] }));
    expect(error).toMatchObject({ name: "RateLimitError", retryAfter: 0 });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]?.body.toString()).toContain("some bytes");

    const port = await freePort();
    const tried: string[] = [];
    const logger = { debug() {}, info() {}, error() {}, warn: (line: string) => void tried.push(line) };
    const client = connect({ baseUrl: `http://127.0.0.1:${port}/v1` }, { logger });
    expect(await caught(client.fileUpload("u", { file: [...file()] }))).toBeInstanceOf(NetworkError);
    expect(tried).toHaveLength(1);
  });

  test("of a stream that fails raises, and drops the connection", async () => {
    const server = keep(await serve(() => {}));
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from("some bytes");
        throw new Error("the disk is gone");
      })(),
    );
    const error = await caught(
      connect(server, { maxRetries: 0 }).fileUpload("u", { file: ["a.txt", broken] }),
    );
    expect(error).toBeInstanceOf(FileUploadError);
    expect(error).toMatchObject({ cause: expect.objectContaining({ message: "the disk is gone" }) });
    expect(server.seen).toHaveLength(0);
  });

  test("that is refused before it was read whole raises what the server said", async () => {
    const server = keep(
      await serveRaw((socket) => {
        socket.once("data", () => {
          const body = JSON.stringify({ code: "file_too_large", message: "", status: 413 });
          socket.write(
            `HTTP/1.1 413 Too Large\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          );
          socket.resume();
        });
      }),
    );
    const error = await caught(connect(server).fileUpload("u", { file: ["a", Buffer.alloc(32 * 2 ** 20)] }));
    expect(error).toMatchObject({ name: "FileUploadError", statusCode: 413, code: "file_too_large" });
  });
});

describe("a redirect", () => {
  test.each([301, 302, 303, 307, 308])(
    "%d is not followed: neither request nor key reaches another origin",
    async (status) => {
      const other = keep(await serve((_seen, response) => answer(response, 200, success)));
      const server = keep(
        await serve((_seen, response) => {
          response.writeHead(status, { location: `${other.baseUrl}/info?token=hidden` });
          response.end("moved");
        }),
      );
      const client = connect(server);
      const calls = [
        () => client.getAppInfo(),
        () => client.createChatMessage(message),
        () => client.createChatMessage(streamed),
      ];
      for (const call of calls) {
        const error = await caught(call());
        expect(error).toMatchObject({ name: "APIError", statusCode: status });
        expect((error as Error).message).toContain(other.origin);
        expect((error as Error).message).not.toContain("hidden");
      }
      expect(server.seen).toHaveLength(3);
      expect(other.seen).toHaveLength(0);
      expect(other.connections).toBe(0);
    },
  );

  test("to the same server is not followed either", async () => {
    const server = keep(
      await serve((_seen, response) => response.writeHead(307, { location: "/v1/other" }).end()),
    );
    expect(await caught(connect(server).getAppInfo())).toMatchObject({ statusCode: 307 });
    expect(server.seen.map(({ path }) => path)).toEqual(["/v1/info"]);
  });
});

describe("an AbortSignal", () => {
  const listeners = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

  test("that is aborted already sends nothing", async () => {
    const server = keep(await serve((_seen, response) => answer(response, 200, {})));
    const client = connect(server);
    const reason = new Error("changed my mind");
    const signal = AbortSignal.abort(reason);
    expect(await caught(client.createChatMessage(message, { signal }))).toBe(reason);
    expect(await caught(client.createChatMessage(streamed, { signal }))).toBe(reason);
    expect(listeners(signal)).toBe(0);
    await client.getAppInfo();
    expect(server.seen.map(({ method }) => method)).toEqual(["GET"]);
  });

  test.each([
    ["an error", new Error("changed my mind")],
    ["a text", "changed my mind"],
    ["null", null],
  ])(
    "while the headers are awaited rejects with its reason, %s, and drops the connection",
    async (_name, reason) => {
      const arrived = signalled();
      const server = keep(await serve(() => arrived.resolve()));
      const controller = new AbortController();
      const call = caught(connect(server).createChatMessage(message, { signal: controller.signal }));
      await arrived;
      expect(listeners(controller.signal)).toBe(1);
      controller.abort(reason);
      expect(await call).toBe(reason);
      await server.seen[0]?.closed;
      expect(server.seen).toHaveLength(1);
      expect(listeners(controller.signal)).toBe(0);
    },
  );

  test("without a reason rejects with an AbortError; one of AbortSignal.timeout() with its TimeoutError", async () => {
    const server = keep(await serve(() => {}));
    const controller = new AbortController();
    const call = caught(connect(server).getAppInfo({}, { signal: controller.signal }));
    controller.abort();
    expect(await call).toMatchObject({ name: "AbortError" });
    const signal = AbortSignal.timeout(30);
    const error = await caught(connect(server).getAppInfo({}, { signal }));
    expect(error).toBe(signal.reason);
    expect(error).not.toBeInstanceOf(DifyClientError);
  });

  test("within a body rejects, and drops the connection", async () => {
    const arrived = signalled();
    const server = keep(
      await serve((_seen, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("{", () => arrived.resolve());
      }),
    );
    const controller = new AbortController();
    const call = caught(connect(server).getAppInfo({}, { signal: controller.signal }));
    await arrived;
    controller.abort("enough");
    expect(await call).toBe("enough");
    await server.seen[0]?.closed;
    expect(listeners(controller.signal)).toBe(0);
  });

  test("between two attempts rejects at once", async () => {
    const controller = new AbortController();
    const server = keep(
      await serve((_seen, response) => answer(response, 429, failure(429), { "retry-after": "50" })),
    );
    const logger = {
      debug() {},
      info() {},
      error() {},
      warn: () => setImmediate(() => controller.abort("enough")),
    };
    expect(await caught(connect(server, { logger }).getAppInfo({}, { signal: controller.signal }))).toBe(
      "enough",
    );
    expect(server.seen).toHaveLength(1);
    expect(listeners(controller.signal)).toBe(0);
  });

  test.each(["events", "lines"])(
    "within a stream rejects the read of %s with its reason, and drops the connection",
    async (read) => {
      const server = keep(await serve((_seen, response) => begin(response, framed(event("a")))));
      const controller = new AbortController();
      const stream = await connect(server).createChatMessage(streamed, { signal: controller.signal });
      const iterator: AsyncIterator<unknown> =
        read === "events" ? stream[Symbol.asyncIterator]() : stream.aiterLines();
      await iterator.next();
      if (read === "lines") await iterator.next();
      const next = caught(iterator.next());
      controller.abort("enough");
      expect(await next).toBe("enough");
      expect(await iterator.next()).toEqual({ value: undefined, done: true });
      await server.seen[0]?.closed;
      expect(listeners(controller.signal)).toBe(0);
    },
  );

  test("that lives long keeps no listener of what is over: answers, errors, streams read, left, broken, refused", async () => {
    const server = keep(
      await serve((seen, response) => {
        const { query = "" } = seen.body.length > 0 ? JSON.parse(seen.body.toString()) : {};
        if (query === "html")
          return void response.writeHead(200, { "content-type": "text/html" }).end("<html>");
        if (query === "404") return answer(response, 404, failure(404));
        if (query === "cut") {
          begin(response, framed(event("a")));
          return void response.socket?.end();
        }
        if (seen.method === "GET") return answer(response, 200, {});
        begin(response, framed(event("a"), event("b")));
        if (query !== "open") response.end();
      }),
    );
    const client = connect(server);
    const { signal } = new AbortController();
    const ask = (query: string) => client.createChatMessage({ ...streamed, query }, { signal });
    for (let round = 0; round < 5; round++) {
      await client.getAppInfo({}, { signal });
      await collect(await ask("whole"));
      for await (const _ of await ask("open")) break;
      await collect(await ask("cut"));
      expect(await caught(ask("html"))).toBeInstanceOf(StreamError);
      expect(await caught(ask("404"))).toBeInstanceOf(APIError);
      const closed = await ask("open");
      closed.close();
      expect(listeners(signal)).toBe(0);
    }
  });
});

describe("closing the client", () => {
  const closed = { name: "DifyClientError", message: expect.stringContaining("closed") };

  test("fails a call under way at once, and drops its connection", async () => {
    const arrived = signalled();
    const server = keep(await serve(() => arrived.resolve()));
    const client = connect(server);
    const call = caught(client.getAppInfo());
    await arrived;
    await client.aclose();
    expect(await call).toMatchObject(closed);
    await server.seen[0]?.closed;
    expect(server.seen).toHaveLength(1);
  });

  test("fails a call that waits for its next attempt at once", async () => {
    const waiting = signalled();
    const server = keep(
      await serve((_seen, response) => answer(response, 503, failure(503), { "retry-after": "50" })),
    );
    const logger = { debug() {}, info() {}, error() {}, warn: () => setImmediate(() => waiting.resolve()) };
    const client = connect(server, { logger });
    const call = caught(client.getAppInfo());
    await waiting;
    await client.aclose();
    expect(await call).toMatchObject(closed);
    expect(server.seen).toHaveLength(1);
  });

  test("fails a stream under way, and drops its connection", async () => {
    const server = keep(await serve((_seen, response) => begin(response, `${framed(event("a"))}data: {"ha`)));
    const client = connect(server);
    const stream = await client.createChatMessage(streamed);
    const unread = await client.createChatMessage(streamed);
    const iterator = stream[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ value: event("a"), done: false });
    const next = caught(iterator.next());
    await client.aclose();
    expect(await next).toMatchObject(closed);
    expect((await collect(unread)).error).toMatchObject(closed);
    for (const { closed } of server.seen) await closed;
  });

  test("drops what it sent through a dispatcher of the user's, which stays open", async () => {
    const agent = new Agent();
    keep({ close: () => agent.destroy() });
    const arrived = signalled();
    const server = keep(
      await serve((seen, response) => {
        if (seen.path === "/v1/site") return answer(response, 200, {});
        if (seen.method === "POST") return begin(response, framed(event("a")));
        arrived.resolve();
      }),
    );
    const client = connect(server, { dispatcher: agent });
    const stream = await client.createChatMessage(streamed);
    const call = caught(client.getAppInfo());
    await arrived;
    await client.aclose();
    expect(await call).toMatchObject(closed);
    expect((await collect(stream)).error).toMatchObject(closed);
    for (const { closed } of server.seen) await closed;
    expect((await connect(server, { dispatcher: agent }).getAppSiteInfo()).statusCode).toBe(200);
  });

  test("is possible twice, and refuses what comes later without sending it", async () => {
    const server = keep(await serve((_seen, response) => answer(response, 200, {})));
    const client = connect(server);
    await client.getAppInfo();
    await Promise.all([client.aclose(), client.aclose()]);
    await client.aclose();
    expect(await caught(client.getAppInfo())).toMatchObject(closed);
    expect(server.seen).toHaveLength(1);
  });
});

describe("an answer", () => {
  test("with a failing status of 50 MB is read as far as a message needs, then dropped", async () => {
    const piece = Buffer.alloc(64 * 1024, "x");
    let written = 0;
    const server = keep(
      await serve((_seen, response) => {
        response.writeHead(400, { "content-type": "text/plain" });
        const write = () => {
          while (written < 50 * 2 ** 20) {
            written += piece.length;
            if (!response.write(piece)) return void response.once("drain", write);
          }
          response.end();
        };
        write();
      }),
    );
    const error = (await caught(connect(server).createChatMessage(message))) as APIError;
    expect(error.message.length).toBeLessThan(3_000);
    expect(error.response?.content.length).toBeLessThan(2 * 2 ** 20);
    await server.seen[0]?.closed;
    expect(written).toBeLessThan(40 * 2 ** 20);
  });

  test("of 32 MB arrives whole", async () => {
    const text = "é".repeat(16 * 2 ** 20);
    const server = keep(await serve((_seen, response) => answer(response, 200, { text })));
    const response = await connect(server).getAppInfo();
    expect((response.json() as unknown as { text: string }).text === text).toBe(true);
  });

  test("without a body is null", async () => {
    const server = keep(
      await serve((_seen, response) => response.writeHead(204, { "content-type": "application/json" }).end()),
    );
    const response = await connect(server).deleteConversation({ conversation_id: "c", user: "u" });
    expect(response.statusCode).toBe(204);
    expect(response.json()).toBeNull();
  });

  test("that is no JSON raises when it is read as JSON, and not before", async () => {
    const server = keep(
      await serve((_seen, response) =>
        response.writeHead(200, { "content-type": "text/html" }).end("<html>login</html>"),
      ),
    );
    const response = await connect(server).getAppInfo();
    expect(response.text).toBe("<html>login</html>");
    expect(() => response.json()).toThrow(APIError);
    expect(() => response.json()).toThrow(/<html>login/);
  });

  test("with bytes behind its end is the answer all the same", async () => {
    const server = keep(
      await serveRaw((socket) => {
        socket.on("data", () => {
          socket.write(
            'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n{"more":1}\r\n\r\n',
          );
        });
      }),
    );
    const client = connect(server, { maxRetries: 0 });
    for (let round = 0; round < 3; round++) expect((await client.getAppInfo()).json()).toEqual({});
  });

  test("leaves its connection to the calls behind it", async () => {
    const server = keep(await serve((_seen, response) => answer(response, 200, {})));
    const client = connect(server);
    for (let round = 0; round < 20; round++) await client.getAppInfo();
    // The pool may open a second one when a call comes from the very turn in which the answer ended.
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test("leaves it to them where many go at a time, too", async () => {
    const server = keep(await serve((_seen, response) => answer(response, 200, {})));
    const client = connect(server);
    const oneAfterTheOther = async () => {
      for (let round = 0; round < 20; round++) await client.getAppInfo();
    };
    await Promise.all(Array.from({ length: 16 }, oneAfterTheOther));
    expect(server.seen).toHaveLength(16 * 20);
    // Not one more for each of them, though the pool takes a connection up again only after the answer's turn.
    expect(server.connections).toBeLessThanOrEqual(18);
  });
});

describe("raiseErrors: false", () => {
  test("gives every answer, whatever its status", async () => {
    let status = 0;
    const server = keep(
      await serve((_seen, response) => answer(response, status, failure(status), { location: "/x" })),
    );
    const client = connect(server, { raiseErrors: false, maxRetries: 0 });
    for (status of [301, 400, 401, 404, 422, 429, 500]) {
      const response = await client.getAppInfo();
      expect(response.statusCode).toBe(status);
      expect(response.isSuccess).toBe(false);
      expect(response.json()).toEqual(failure(status));
      const raising = client.getAppInfo({}, { raiseErrors: true });
      const error = (await caught(raising)) as DifyClientError;
      expect(() => response.raiseForStatus()).toThrow(
        new (error.constructor as typeof APIError)(error.message),
      );
    }
  });

  test("gives a stream with the body and no events, which raises when asked", async () => {
    const server = keep(await serve((_seen, response) => answer(response, 400, failure(400))));
    const client = connect(server, { raiseErrors: false });
    const stream = await client.createChatMessage(streamed);
    expect(stream.statusCode).toBe(400);
    expect(JSON.parse(stream.body ?? "")).toEqual(failure(400));
    expect(() => stream.raiseForStatus()).toThrow(APIError);
    expect(await collect(stream)).toEqual({ items: [], error: null });
    expect(await collect((await client.createChatMessage(streamed)).aiterLines())).toEqual({
      items: [],
      error: null,
    });
    expect(await (await client.createChatMessage(streamed)).text()).toBe("");
  });

  test("still raises what is no status", async () => {
    const server = keep(
      await serve((seen, response) =>
        seen.method === "POST" ? response.writeHead(200).end("no stream") : response.destroy(),
      ),
    );
    const client = connect(server, { raiseErrors: false, maxRetries: 0 });
    expect(await caught(client.getAppInfo())).toBeInstanceOf(NetworkError);
    expect(await caught(client.createChatMessage(streamed))).toBeInstanceOf(StreamError);
  });
});

describe("a stream", () => {
  test.each([
    ["HTML", "text/html", "<html>\n<p>Please log in"],
    ["JSON", "application/json", '{"answer":"blocking"}'],
    ["plain text that looks like events", "text/plain", framed(event("a"))],
    ["nothing", undefined, ""],
  ])("that is answered with %s raises StreamError at the call", async (_name, type, body) => {
    const server = keep(
      await serve((_seen, response) =>
        response.writeHead(200, type ? { "content-type": type } : {}).end(body),
      ),
    );
    const client = connect(server);
    const error = await caught(client.createChatMessage(streamed));
    expect(error).toBeInstanceOf(StreamError);
    expect(error).toMatchObject({ statusCode: 200, operation: "createChatMessage" });
    expect((error as Error).message).toContain(JSON.stringify(body));
    expect((error as StreamError).response?.text).toBe(body);
    expect(server.seen).toHaveLength(1);
  });

  test.each([
    ["with capitals", "Text/Event-Stream"],
    ["with parameters", "text/event-stream;charset=UTF-8"],
  ])("is one whatever its content type looks like: %s", async (_name, type) => {
    const server = keep(
      await serve((_seen, response) =>
        response.writeHead(200, { "content-type": type }).end(framed(event("a"))),
      ),
    );
    expect(await (await connect(server).createChatMessage(streamed)).text()).toBe("a");
  });

  const cuts: [string, (response: ServerResponse) => void][] = [
    ["closes", (response) => void response.socket?.end()],
    ["resets", (response) => void response.socket?.resetAndDestroy()],
    ["sends nonsense for a chunk", (response) => void response.socket?.write("xyz\r\n")],
  ];

  test.each(cuts)(
    "whose server %s raises StreamError behind the events that came, and none of half an event",
    async (_name, cut) => {
      const server = keep(
        await serve((_seen, response) => {
          begin(response);
          response.write(framed(event("a"), event("b")));
          // The reader asks for these with its second request, when it has read the others.
          onSecond = () => {
            response.write(`data: ${JSON.stringify(event("c"))}`);
            cut(response);
          };
        }),
      );
      let onSecond = () => {};
      for (const read of ["events", "lines", "text"] as const) {
        const stream = await connect(server).createChatMessage(streamed);
        if (read === "text") {
          onSecond();
          expect(await caught(stream.text())).toBeInstanceOf(StreamError);
          continue;
        }
        const found: unknown[] = [];
        const error = await caught(
          (async () => {
            for await (const item of read === "events" ? stream : stream.aiterLines()) {
              found.push(item);
              if (found.length === (read === "events" ? 2 : 4)) onSecond();
            }
          })(),
        );
        expect(error).toBeInstanceOf(StreamError);
        expect(error).toMatchObject({
          operation: "createChatMessage",
          cause: expect.objectContaining({ message: expect.any(String) }),
        });
        expect((error as Error).message).not.toContain(KEY);
        expect(found).toEqual(
          read === "events"
            ? [event("a"), event("b")]
            : framed(event("a"), event("b")).split("\n").slice(0, -1),
        );
      }
    },
  );

  test("that ends cleanly before a closing event ends the iteration", async () => {
    const server = keep(
      await serve((_seen, response) => {
        begin(response, framed(event("a")));
        response.end();
      }),
    );
    expect(await collect(await connect(server).createChatMessage(streamed))).toEqual({
      items: [event("a")],
      error: null,
    });
  });

  test("with an error event gives it, raises, and drops the connection that the server holds open", async () => {
    const wrong = { event: "error", message: "text is required in input form", status: 500 };
    const server = keep(await serve((_seen, response) => begin(response, `event: ping\n\n${framed(wrong)}`)));
    const client = connect(server);
    const expected = {
      name: "StreamError",
      message: "text is required in input form",
      status: 500,
      operation: "createChatMessage",
    };
    const events = await collect(await client.createChatMessage(streamed));
    expect(events.items).toEqual([wrong]);
    expect(events.error).toMatchObject(expected);
    const lines = await collect((await client.createChatMessage(streamed)).aiterLines());
    expect(lines.items).toEqual(["event: ping", "", `data: ${JSON.stringify(wrong)}`]);
    expect(lines.error).toMatchObject(expected);
    expect(await caught((await client.createChatMessage(streamed)).text())).toMatchObject(expected);
    expect(server.seen).toHaveLength(3);
    // The server has closed none of them.
    for (const { closed } of server.seen) await closed;
  });

  const leaving: [string, (stream: Awaited<ReturnType<typeof ask>>) => Promise<unknown>][] = [
    [
      "break",
      async (stream) => {
        for await (const _ of stream) break;
      },
    ],
    [
      "break out of the lines",
      async (stream) => {
        for await (const _ of stream.aiterLines()) break;
      },
    ],
    [
      "return",
      async (stream) => {
        for await (const one of stream) return one;
        return undefined;
      },
    ],
    [
      "throw",
      async (stream) => {
        const error = await caught(
          (async () => {
            for await (const _ of stream) throw new Error("mine");
          })(),
        );
        expect(error).toEqual(new Error("mine"));
      },
    ],
    ["close()", async (stream) => stream.close()],
    ["aclose()", (stream) => stream.aclose()],
    ["await using", async (stream) => stream[Symbol.asyncDispose]()],
    ["text(), at the closing event", async (stream) => expect(await stream.text()).toBe("ab")],
  ];
  const ask = (server: TestServer) => connect(server).createChatMessage(streamed);

  test.each(leaving)("that is left by %s drops the connection", async (_name, leave) => {
    const server = keep(
      await serve((_seen, response) =>
        begin(response, framed(event("a"), event("b"), { event: "message_end" })),
      ),
    );
    const stream = await ask(server);
    await leave(stream);
    // The server holds it open: that it is closed is the reader's doing.
    await server.seen[0]?.closed;
  });

  test("that is closed while it is read ends the reading: half an event is no error then", async () => {
    const server = keep(await serve((_seen, response) => begin(response, `${framed(event("a"))}data: {"ha`)));
    for (const read of ["events", "lines"] as const) {
      const stream = await ask(server);
      const iterator: AsyncIterator<unknown> =
        read === "events" ? stream[Symbol.asyncIterator]() : stream.aiterLines();
      await iterator.next();
      if (read === "lines") await iterator.next();
      const next = iterator.next();
      stream.close();
      stream.close();
      expect(await next).toEqual({ value: undefined, done: true });
      expect(await iterator.next()).toEqual({ value: undefined, done: true });
    }
    for (const { closed } of server.seen) await closed;
  });

  test("that was closed has nothing to read", async () => {
    const server = keep(await serve((_seen, response) => begin(response, framed(event("a")))));
    const stream = await ask(server);
    stream.close();
    expect(await collect(stream)).toEqual({ items: [], error: null });
  });

  test("is read once: a second time is an error that says so", async () => {
    const server = keep(await serve((_seen, response) => begin(response, framed(event("a"), event("b")))));
    const stream = await ask(server);
    const first = stream[Symbol.asyncIterator]();
    expect(await first.next()).toMatchObject({ value: event("a") });
    for (const again of [() => stream[Symbol.asyncIterator](), () => stream.aiterLines()]) {
      expect(again).toThrow(DifyClientError);
      expect(again).toThrow(/createChatMessage.*once/);
    }
    expect(await caught(stream.text())).toBeInstanceOf(DifyClientError);
    // The first reading goes on.
    expect(await first.next()).toMatchObject({ value: event("b") });
    await first.return?.();
    await server.seen[0]?.closed;
  });

  test("answers reads that were asked for ahead, in order", async () => {
    const goOn = signalled();
    const server = keep(
      await serve(async (_seen, response) => {
        begin(response, framed(event("a")));
        await goOn;
        response.end(framed(event("b"), event("c")));
      }),
    );
    const iterator = (await ask(server))[Symbol.asyncIterator]();
    const reads = [iterator.next(), iterator.next(), iterator.next(), iterator.next(), iterator.next()];
    expect(await reads[0]).toEqual({ value: event("a"), done: false });
    goOn.resolve();
    expect((await Promise.all(reads)).map(({ value }) => value)).toEqual([
      event("a"),
      event("b"),
      event("c"),
      undefined,
      undefined,
    ]);
  });

  test("holds the server, not the memory, while its reader stalls", async () => {
    const one = framed(event("x".repeat(64 * 1024)));
    const all = 1_024;
    let sent = 0;
    const server = keep(
      await serve((seen, response) => {
        if (seen.method === "GET") return answer(response, 200, {});
        begin(response);
        const write = () => {
          while (sent < all) {
            sent++;
            if (!response.write(one)) return void response.once("drain", write);
          }
          response.end();
        };
        write();
      }),
    );
    const client = connect(server);
    const iterator = (await client.createChatMessage(streamed))[Symbol.asyncIterator]();
    await iterator.next();
    // Each of these answers is a turn in which an unheld server would get rid of an event or more.
    for (let round = 0; round < all; round++) await client.getAppInfo();
    const stalledAt = sent;
    expect(stalledAt).toBeLessThan(all / 2);
    for (let round = 0; round < 50; round++) await client.getAppInfo();
    expect(sent).toBe(stalledAt);
    // And it goes on when the reader does.
    let count = 1;
    while (!(await iterator.next()).done) count++;
    expect(count).toBe(all);
    expect(sent).toBe(all);
  });
});
