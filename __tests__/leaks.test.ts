import { spawn } from "node:child_process";
import * as path from "node:path";
import { type ServerProcess, startServer } from "./support/child";

// Each test is a program of its own, with `--expose-gc`: what it counts is all its own.
const dist = path.join(__dirname, "..", "dist");
let server: ServerProcess;
beforeAll(async () => {
  server = await startServer("faulty.js");
});
afterAll(() => server.close());

const prelude = (baseUrl: string) => `
  const { getEventListeners } = require("node:events");
  const threads = require("node:worker_threads");
  let workers = 0;
  const { Worker } = threads;
  threads.Worker = class extends Worker { constructor(...args) { super(...args); workers++; } };
  const dify = require(${JSON.stringify(path.join(dist, "index.js"))});
  const baseUrl = ${JSON.stringify(baseUrl)};
  const KEY = "app-0123456789abcdef01234567";
  const options = (more) => ({ baseUrl, proxy: null, maxRetries: 0, ...more });
  const streaming = (user) => ({ inputs: {}, query: "x", user, response_mode: "streaming" });
  const say = (value) => console.log(JSON.stringify(value));
  const turns = (ms = 10) => new Promise((resolve) => setTimeout(resolve, ms));
  const report = async () => (await fetch(baseUrl.replace("/v1", "/report"), { headers: { connection: "close" } })).json();
  const sockets = () => process.getActiveResourcesInfo().filter((name) => /TCPSocket|TLSSocket/.test(name)).length;
  // How often it was tried until it was so; -1 where it never was.
  const until = async (isSo) => {
    for (let tries = 0; tries < 100; tries++) {
      if (globalThis.gc) gc();
      if (await isSo()) return tries;
      await turns();
    }
    return -1;
  };
  // A function of its own, so that no frame keeps what it made.
  const apart = (act) => (() => act())();
  process.on("warning", (warning) => say(["warning", String(warning)]));
`;

/** Runs a script that is to end by itself, and gives what it said. */
async function run(body: string): Promise<unknown[]> {
  const source = `${prelude(server.baseUrl)}(async () => { ${body} })();`;
  const child = spawn(process.execPath, ["--expose-gc", "-e", source], { stdio: ["ignore", "pipe", "pipe"] });
  const out = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      out[name] += text;
    });
  }
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`the script ended with ${code}\n${out.stderr}`);
  return out.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

test("10,000 calls on one AbortSignal leave no listener, no socket beyond those in use, and a flat heap", async () => {
  const [during, ...rest] = (await run(`
    const client = new dify.AsyncChatClient(KEY, options());
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, "abort").length;
    let most = 0;
    const round = async (calls) => {
      let left = calls;
      const work = async () => {
        while (left-- > 0) {
          const call = client.getMeta({ user: "l" + (left % 50) + "~good" }, { signal });
          most = Math.max(most, listeners());
          await call;
        }
      };
      await Promise.all(Array.from({ length: 50 }, work));
      gc();
      return process.memoryUsage().heapUsed;
    };
    await round(2_000);
    const before = await round(4_000);
    const after = await round(4_000);
    say({ most, listeners: listeners(), grown: Math.round((after - before) / 1024), sockets: sockets() });
    await client.aclose();
    say(await until(() => sockets() === 0) >= 0);
    say(await until(async () => (await report()).open === 0) >= 0);
  `)) as [{ most: number; listeners: number; grown: number; sockets: number }, ...unknown[]];
  // It was counted while there were some.
  expect(during.most).toBe(50);
  expect(during.listeners).toBe(0);
  expect(during.sockets).toBeLessThanOrEqual(50);
  // 4,000 calls that kept 250 bytes each would be a megabyte.
  expect(during.grown).toBeLessThan(1_000);
  expect(rest).toEqual([true, true]);
});

// How a stream is left; each is held against the connections that the server counts.
const LEAVING = {
  break: "for await (const _ of stream) break;",
  throw: "try { for await (const _ of stream) throw new Error('mine'); } catch {}",
  "close()": "stream.close();",
  "the end of its block": "await stream[Symbol.asyncDispose]();",
  "return of its iterator": "const it = stream[Symbol.asyncIterator](); await it.next(); await it.return();",
  "garbage collection, never read": "",
  "garbage collection, half read": "await stream[Symbol.asyncIterator]().next();",
};
/** The same of a blocking stream. */
const asBlocking = (code: string) =>
  code.replaceAll("await ", "").replaceAll("asyncIterator", "iterator").replaceAll("asyncDispose", "dispose");

/** Streams left in each way in turn; which of them left something behind. */
const leavingAll = (body: (leave: string) => string) =>
  Object.entries(LEAVING)
    .map(([way, leave]) => `await (async () => { const way = ${JSON.stringify(way)}; ${body(leave)} })();`)
    .join("\n");
const WAYS = Object.keys(LEAVING).map((way) => [way, true]);

test("async streams, however they are left, leave no connection and no listener", async () => {
  const said = await run(
    leavingAll(
      (leave) => `
        const client = new dify.AsyncChatClient(KEY, options());
        const { signal } = new AbortController();
        const one = async (i) => {
          const stream = await client.createChatMessage(streaming("e" + i + "~endless"), { signal });
          ${leave}
        };
        for (let i = 0; i < 20; i++) await one(i);
        const gone = async () =>
          getEventListeners(signal, "abort").length === 0 && (await report()).busy === 0;
        // undici may keep spare connections until the client is closed; nothing is under way on them.
        const left = (await until(gone)) >= 0;
        await client.aclose();
        say([way, left && (await until(async () => (await report()).open === 0)) >= 0]);
      `,
    ),
  );
  expect(said).toEqual(WAYS);
});

test("blocking streams, however they are left, leave no connection", async () => {
  const said = await run(
    leavingAll(
      (leave) => `
        const client = new dify.ChatClient(KEY, options());
        const one = (i) => {
          const stream = client.createChatMessage(streaming("b" + i + "~endless"));
          ${asBlocking(leave)}
        };
        for (let i = 0; i < 20; i++) one(i);
        const left = (await until(async () => (await report()).busy === 0)) >= 0;
        client.close();
        say([way, left && (await until(async () => (await report()).open === 0)) >= 0]);
      `,
    ),
  );
  expect(said).toEqual(WAYS);
});

test("a stream goes on when only its client was forgotten", async () => {
  const said = await run(`
    const start = () => new dify.ChatClient(KEY, options()).createChatMessage(streaming("f~good"));
    const stream = start();
    // The stream lasts 100 ms: collected and dropped, it would end before its last event.
    for (let i = 0; i < 5; i++) { gc(); await turns(5); }
    say([...stream].at(-1).event);
    const later = await new dify.AsyncChatClient(KEY, options()).createChatMessage(streaming("g~good"));
    let last;
    for await (const event of later) { gc(); last = event.event; }
    say(last);
  `);
  expect(said).toEqual(["message_end", "message_end"]);
});

test("300 blocking clients, made and closed or forgotten: one worker, and none of their connections is left", async () => {
  const said = await run(`
    const use = (i) => new dify.ChatClient(KEY, options()).getMeta({ user: "m" + i + "~good" });
    for (let i = 0; i < 100; i++) use(i);
    // The first of them may have been collected already.
    say((await report()).open > 0);
    say(await until(async () => (await report()).open === 0) >= 0);
    const kept = Array.from({ length: 100 }, () => new dify.ChatClient(KEY, options()));
    for (const client of kept) client.getMeta({ user: "k~good" });
    say((await report()).open);
    for (const client of kept) client.close();
    say(await until(async () => (await report()).open === 0) >= 0);
    for (let i = 0; i < 100; i++) { const client = new dify.ChatClient(KEY, options()); client.getMeta({ user: "k~good" }); client.close(); }
    say(await until(async () => (await report()).open === 0) >= 0);
    say(workers);
    say(await until(() => sockets() === 0) >= 0);
  `);
  expect(said).toEqual([true, true, 100, true, true, 1, true]);
});

test("async clients, closed: no socket is left, on either side; nor is anything else that keeps a program alive", async () => {
  const [before, during, ...rest] = await run(`
    const resources = () => process.getActiveResourcesInfo().filter((name) => name !== "PipeWrap").sort();
    say(resources());
    const clients = Array.from({ length: 100 }, () => new dify.AsyncChatClient(KEY, options()));
    await Promise.all(clients.map((client) => client.getMeta({ user: "a~good" })));
    say((await report()).open);
    for (const client of clients) await client.aclose();
    say(await until(() => resources().length === 0) >= 0);
    say(await until(async () => (await report()).open === 0) >= 0);
  `);
  expect([before, during]).toEqual([[], 100]);
  expect(rest).toEqual([true, true]);
});

test("calls that fail leave no socket: broken, silent, aborted, closed in the middle, with a logger that throws", async () => {
  const said = await run(`
    const end = (call) => call.then(() => "answered", (error) => error.name);
    const client = new dify.AsyncChatClient(KEY, options({ timeout: 100 }));
    const ends = new Set();
    for (let i = 0; i < 10; i++) {
      ends.add(await end(client.getMeta({ user: "r" + i + "~reset" })));
      ends.add(await end(client.getMeta({ user: "h" + i + "~half" })));
      ends.add(await end(client.getMeta({ user: "s" + i + "~stall" })));
      ends.add(await end(client.getMeta({ user: "t" + i + "~stall" }, { signal: AbortSignal.timeout(10) })));
      const other = new dify.AsyncChatClient(KEY, options());
      const call = end(other.getMeta({ user: "c" + i + "~stall" }));
      await turns(2);
      await other.aclose();
      ends.add(await call);
      const throwing = () => { throw new Error("mine"); };
      const logger = { debug() {}, info: throwing, warn: throwing, error: throwing };
      const noisy = new dify.AsyncChatClient(KEY, options({ logger }));
      ends.add(await end(noisy.createChatMessage(streaming("n" + i + "~endless"))));
    }
    say([...ends].sort());
    say(await until(async () => (await report()).busy === 0) >= 0);
    say(await until(() => sockets() === 0) >= 0);
  `);
  expect(said).toEqual([["DifyClientError", "Error", "NetworkError", "TimeoutError"], true, true]);
});

test("blocking calls and streams leave the heap flat", async () => {
  const [grown] = (await run(`
    const client = new dify.ChatClient(KEY, options());
    const round = () => {
      for (let i = 0; i < 400; i++) client.getMeta({ user: "w~good" });
      for (let i = 0; i < 40; i++) for (const _ of client.createChatMessage(streaming("w~endless"))) break;
      gc();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    round();
    const before = round();
    const after = round();
    say(Math.round((after - before) / 1024));
    client.close();
  `)) as [number];
  expect(grown).toBeLessThan(1_000);
});
