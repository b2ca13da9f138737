import { type BridgeServer, KEY, run, startServer, tampered } from "./bridge/support";

// On a machine that does much else at once, processes take their time.
jest.setTimeout(60_000);

let server: BridgeServer;
let count = 0;
/** A name that no other test uses: what happens under it is this test's alone. */
const nextName = () => `bridge-${++count}`;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

describe("calls within calls", () => {
  test.concurrent("a getter and a toJSON among the arguments call the client", async () => {
    const source = `
      const one = client("echo"), two = client("json");
      const inputs = { get a() { return ok(two) }, b: { toJSON: () => ok(two) }, c: [{ toJSON: () => ok(two) }] };
      const { user, query, inputs: seen } = one.createChatMessage({ ...ask(), inputs }).json();
      say([user, query, seen.a, seen.b, seen.c]);
    `;
    expect(await run(source, { server })).toEqual([["me", "Hello", "success", "success", ["success"]]]);
  });

  test.concurrent("a log callback calls the client, and another one, and a failing call of its own", async () => {
    const source = `
      const inner = client("json");
      const seen = [];
      const logger = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, (message) => {
        seen.push([message.split(" ").slice(0, 4).join(" "), ok(inner), attempt(() => client("status~404").getAppInfo())]);
      }]));
      const outer = client("echo", { logger });
      say(outer.createChatMessage(ask("outer")).json().user);
      say(seen);
    `;
    const inside = ["success", "APIError: refused"];
    expect(await run(source, { server })).toEqual([
      "outer",
      [
        ["dify-dual: POST /chat-messages", ...inside],
        ["dify-dual: POST /chat-messages 200", ...inside],
        ["dify-dual: POST /chat-messages body", ...inside],
      ],
    ]);
  });

  test.concurrent("a log callback that throws breaks the call, and closes its stream", async () => {
    const name = nextName();
    const source = `
      const logger = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => { throw new Error("mine") }]));
      const noisy = client("endless~~${name}", { logger });
      say(attempt(() => noisy.createChatMessage(streaming)));
      say(client("await~closed by the reader~${name}").getMeta({ user: "me" }).json().log.slice(0, 3));
    `;
    expect(await run(source, { server })).toEqual([
      "Error: mine",
      ["connected", "asked /chat-messages", "closed by the reader"],
    ]);
  });

  test.concurrent("a call within the loop of a stream, and two streams in turn", async () => {
    const source = `
      const one = client("events~40"), two = client("events~40"), three = client("echo");
      const left = one.createChatMessage(streaming)[Symbol.iterator]();
      const read = [];
      for (const { n } of two.createChatMessage(streaming)) {
        read.push(n === left.next().value.n && three.createChatMessage(ask("user-" + n)).json().user);
      }
      say(read);
      say(left.next().done);
    `;
    expect(await run(source, { server })).toEqual([Array.from({ length: 40 }, (_, n) => `user-${n}`), true]);
  });

  test.concurrent("what comes late, for a stream that nobody reads any more, is no answer to the next calls", async () => {
    const source = `
      const streams = client("drip"), calls = client("echo"), seen = [];
      for (let i = 0; i < 30; i++) {
        for (const { n } of streams.createChatMessage(streaming)) if (n === i % 3) break;
        seen.push(calls.createChatMessage(ask("user-" + i)).json().user);
      }
      say(seen);
    `;
    expect(await run(source, { server })).toEqual([Array.from({ length: 30 }, (_, n) => `user-${n}`)]);
  });

  test.concurrent("what comes late, after a time limit passed, is no answer to the next calls", async () => {
    const source = `
      const slow = client("hold~150", { timeout: 100 }), calls = client("echo"), seen = [];
      for (let i = 0; i < 5; i++) {
        seen.push(attempt(() => ok(slow)).split(":")[0], calls.createChatMessage(ask("user-" + i)).json().user);
      }
      say(seen);
    `;
    expect(await run(source, { server })).toEqual([
      Array.from({ length: 5 }, (_, n) => ["TimeoutError", `user-${n}`]).flat(),
    ]);
  });
});

describe("one worker a thread", () => {
  test.concurrent("none before the first call, one however many clients were made and closed", async () => {
    const source = `
      ${tampered("")}
      const made = Array.from({ length: 50 }, () => client("json"));
      say(workers.length);
      for (const one of made) ok(one);
      for (const one of made) one.close();
      for (let i = 0; i < 50; i++) { const one = client("json"); ok(one); one.close(); }
      new dify.WorkflowClient("app-key", optionsFor("json")).getMeta({ user: "me" });
      say(workers.length);
    `;
    expect(await run(source, { server })).toEqual([0, 1]);
  });

  test.concurrent("in a user's own worker threads, several at once, each its own", async () => {
    const source = `
      const code = (i) => "const dify = require(" + JSON.stringify(DIST + "/index.js") + ");" +
        "const { parentPort } = require('node:worker_threads');" +
        "const client = new dify.ChatClient('app-key', { baseUrl: " + JSON.stringify(url("echo")) + ", proxy: null });" +
        "const users = []; for (let n = 0; n < 50; n++) users.push(client.createChatMessage({ inputs: {}, query: 'x', user: " + i + " + '-' + n }).json().user);" +
        "const streams = new dify.ChatClient('app-key', { baseUrl: " + JSON.stringify(url("events~5")) + ", proxy: null });" +
        "const events = [...streams.createChatMessage({ inputs: {}, query: 'x', user: 'me', response_mode: 'streaming' })].map(({ n }) => n);" +
        "parentPort.postMessage({ users, events });";
      const all = Array.from({ length: 4 }, (_, i) => new Promise((resolve, reject) => {
        const worker = new threads.Worker(code(i), { eval: true });
        let got;
        worker.on("message", (message) => { got = message; });
        worker.on("error", reject);
        worker.on("exit", (code) => resolve({ ...got, code }));
      }));
      say(ok(client("json")));
      Promise.all(all).then((results) => results.forEach((result, i) =>
        say([result.code, result.events, result.users.every((user, n) => user === i + "-" + n)])));
    `;
    const [first, ...rest] = await run(source, { server });
    expect(first).toBe("success");
    expect(rest).toEqual(Array(4).fill([0, [0, 1, 2, 3, 4], true]));
  });

  test.concurrent("a user's worker thread can be terminated in the middle of a call", async () => {
    const name = nextName();
    const source = `
      const code = "const dify = require(" + JSON.stringify(DIST + "/index.js") + ");" +
        "new dify.ChatClient('app-key', { baseUrl: " + JSON.stringify(url("never~~${name}")) + ", proxy: null }).getMeta({ user: 'me' })";
      const worker = new threads.Worker(code, { eval: true });
      worker.on("exit", (code) => say(["exit", code]));
      fetch(ORIGIN + "/await~" + encodeURIComponent("asked /meta?user=me") + "~${name}/v1").then(() => worker.terminate());
    `;
    expect(await run(source, { server })).toEqual([["exit", 1]]);
    await server.until("disconnected", name);
  });
});

describe("connections", () => {
  const endless = (name: string) => `client("endless~~${name}")`;
  const leaving: [string, (name: string) => string][] = [
    ["break", (name) => `for (const _ of ${endless(name)}.createChatMessage(streaming)) break;`],
    [
      "a throw",
      (name) =>
        `attempt(() => { for (const _ of ${endless(name)}.createChatMessage(streaming)) throw new Error("mine") });`,
    ],
    ["close() of the stream", (name) => `${endless(name)}.createChatMessage(streaming).close();`],
    [
      "close() of the client",
      (name) => `const one = ${endless(name)}; const open = one.createChatMessage(streaming); one.close();`,
    ],
    [
      "return() of the iterator",
      (name) =>
        `const all = ${endless(name)}.createChatMessage(streaming)[Symbol.iterator](); all.next(); all.return();`,
    ],
    ["destructuring", (name) => `const [first] = ${endless(name)}.createChatMessage(streaming);`],
  ];
  test.concurrent("leaving a stream, by any way, closes its connection, while the script lives on", async () => {
    const parts = leaving.map(([how, leave]) => {
      const name = nextName();
      const log = `client("await~closed by the reader~${name}").getMeta({ user: "me" }).json().log`;
      return `(() => { ${leave(name)} say(["${how}", ${log}[2]]) })();`;
    });
    expect(await run(parts.join("\n"), { server })).toEqual(
      leaving.map(([how]) => [how, "closed by the reader"]),
    );
  });

  test.concurrent.each(["never read", "half read"])(
    "so does the garbage collection of one that was %s",
    async (how) => {
      const name = nextName();
      const source = `
      // Held to the end: a client that is collected would take its streams along.
      const one = ${endless(name)};
      (() => {
        const stream = one.createChatMessage(streaming);
        if (${how === "half read"}) stream[Symbol.iterator]().next();
      })();
      let closed = false;
      const collect = () => { if (closed) return; gc(); setTimeout(collect, 10) };
      collect();
      asyncClient("await~closed by the reader~${name}").getMeta({ user: "me" }).then((answer) => {
        closed = true;
        say(answer.json().log[2]);
        one.close();
      });
    `;
      expect(await run(source, { server, flags: ["--expose-gc"] })).toEqual(["closed by the reader"]);
    },
  );

  test.concurrent("clients that were forgotten, not closed, hold none, once others call", async () => {
    const name = nextName();
    const source = `
      (() => { for (let i = 0; i < 20; i++) ok(client("json~~${name}")) })();
      const report = client("report~~${name}");
      const collect = () => {
        gc();
        if (report.getMeta({ user: "me" }).json().open > 0) return setTimeout(collect, 10);
        say("none");
      };
      say(report.getMeta({ user: "me" }).json().open);
      setTimeout(collect, 10);
    `;
    expect(await run(source, { server, flags: ["--expose-gc"] })).toEqual([20, "none"]);
  });

  test.concurrent("a stream whose iterator alone is held is not collected", async () => {
    const source = `
      const all = (() => client("drip").createChatMessage(streaming)[Symbol.iterator]())();
      const read = [];
      const turn = () => {
        gc();
        read.push(all.next().value.n);
        if (read.length < 10) return setTimeout(turn, 5);
        say(read);
        all.return();
      };
      turn();
    `;
    expect(await run(source, { server, flags: ["--expose-gc"] })).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
  });

  test.concurrent("a closed client's are gone, other clients' stay", async () => {
    const name = nextName();
    const source = `
      const made = Array.from({ length: 20 }, (_, i) => client("json~~${name}" + (i < 15 ? "" : "-kept")));
      for (const one of made) ok(one);
      for (const one of made.slice(0, 15)) one.close();
      const report = (name) => client("report~~" + name).getMeta({ user: "me" }).json();
      // The server sees the ends after this thread has asked for them.
      while (report("${name}").open > 0);
      say([report("${name}").log.filter((entry) => entry === "disconnected").length, report("${name}-kept").open]);
      for (const one of made.slice(15)) ok(one);
      say(report("${name}-kept").log.filter((entry) => entry === "connected").length);
    `;
    expect(await run(source, { server })).toEqual([[15, 5], 5]);
  });

  test.concurrent("a client's calls share them", async () => {
    const name = nextName();
    const source = `const one = client("json~~${name}"); for (let i = 0; i < 100; i++) ok(one);`;
    await run(source, { server });
    const { log } = await server.report(name);
    // undici takes a connection up again a turn of its loop after the answer's end. A call that comes within that turn,
    // as it may while the worker is still cold, goes over a second one: two are free in turns, a third is never made.
    expect(log.filter((entry) => entry === "connected").length).toBeLessThanOrEqual(2);
  });

  test.concurrent("a stream faster than its reader comes whole and in order", async () => {
    const source = `
      const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      let n = 0;
      for (const event of client("events~200000~").createChatMessage(streaming)) {
        if (event.n !== n++) throw new Error("event " + event.n + " at " + (n - 1));
        if (n % 1000 === 0) wait();
      }
      say(n);
    `;
    expect(await run(source, { server })).toEqual([200_000]);
  });

  test.concurrent("a reader that stalls holds the server, and gets it all when it goes on", async () => {
    const name = nextName();
    const source = `
      const stream = client("flood~64~${name}").createChatMessage(streaming);
      const all = stream[Symbol.iterator]();
      let n = all.next().done ? 0 : 1;
      const written = () => client("report~~${name}").getMeta({ user: "me" }).json().written;
      // Until the server has stood still for a while.
      let before = -1;
      const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
      for (let still = 0; still < 3; ) { wait(); const now = written(); still = now === before ? still + 1 : 0; before = now; }
      const rss = process.memoryUsage().rss;
      while (!all.next().done) n++;
      say([before < 24e6, n, rss < 250e6]);
    `;
    expect(await run(source, { server })).toEqual([[true, expect.any(Number), true]]);
    const { log, written } = await server.report(name);
    expect(log).toContain("all read");
    expect(written).toBeGreaterThan(64e6);
  });

  test.concurrent("an async POST right after a blocking call that outlasted the server's keep-alive", async () => {
    const hasty = await startServer(200);
    const name = nextName();
    const source = `
      const one = asyncClient("echo~~${name}");
      (async () => {
        for (let i = 0; i < 3; i++) {
          say((await one.createChatMessage(ask("before-" + i))).json().user);
          // The connection of the async client is idle now; the server closes it while this thread is blocked.
          say(client("hold~600").getMeta({ user: "me" }).json().held);
        }
        say((await one.createChatMessage(ask("after"))).json().user);
      })();
    `;
    const said = await run(source, { server: hasty });
    const { log } = await hasty.report(name);
    hasty.close();
    expect(said).toEqual(["before-0", 600, "before-1", 600, "before-2", 600, "after"]);
    expect(log.filter((entry) => entry.startsWith("asked"))).toHaveLength(4);
  });

  test.concurrent("a blocking POST after the caller did something else for longer than the server's keep-alive", async () => {
    const hasty = await startServer(100);
    const name = nextName();
    const source = `
      const one = client("echo~~${name}");
      const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      for (const ms of [90, 95, 98, 99, 100, 101, 102, 105, 110, 200]) { say(one.createChatMessage(ask("me")).json().user); wait(ms) }
    `;
    const said = await run(source, { server: hasty });
    hasty.close();
    expect(said).toEqual(Array(10).fill("me"));
  });
});

describe("large contents", () => {
  test.concurrent("200 MB up and 200 MB down, whole, and the memory returns", async () => {
    const source = `
      const { createHash, randomBytes } = require("node:crypto");
      const seed = randomBytes(1024 * 1024);
      const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");
      const up = client("hash"), down = client("big~200");
      const round = () => {
        const content = Buffer.concat(Array.from({ length: 200 }, () => seed));
        const { size, hash } = up.fileUpload({ user: "me", files: { file: ["a.bin", content] } }).json();
        const answer = down.getMeta({ user: "me" });
        return [size === content.length && hash === sha(content), answer.content.length, answer.headers["x-hash"] === sha(answer.content)];
      };
      (async () => {
        for (let i = 0; i < 2; i++) say(round());
        // Memory is given back in turns of both loops.
        for (let i = 0; i < 10; i++) { gc(); ok(client("json")); await new Promise((resolve) => setTimeout(resolve, 20)); }
        const { external } = process.memoryUsage();
        say(external < 20e6 ? "little" : external);
      })();
    `;
    expect(await run(source, { server, flags: ["--expose-gc"] })).toEqual([
      ...Array(2).fill([true, 200 * 1024 * 1024, true]),
      "little",
    ]);
  });

  test.concurrent("what the caller owns stays usable, and nothing beside it crosses", async () => {
    const source = `
      const pool = Buffer.from("secret-before|content|secret-after");
      const content = pool.subarray(14, 21);
      const shared = new Uint8Array(new SharedArrayBuffer(7)).fill(65);
      const blob = new Blob(["content"]);
      const whole = new Uint8Array([1, 2, 3]);
      for (const file of [content, shared, blob, whole, whole.buffer, new DataView(whole.buffer, 1), Buffer.alloc(0)]) {
        const [one, two] = [0, 1].map(() => client("hash").fileUpload({ user: "me", files: { file: ["a", file] } }).json());
        say([one.size, one.hash === two.hash]);
      }
      say([String(pool), shared.length, whole.length]);
    `;
    expect(await run(source, { server })).toEqual([
      ...[7, 7, 7, 3, 3, 2, 0].map((size) => [size, true]),
      ["secret-before|content|secret-after", 7, 3],
    ]);
  });
});

describe("errors", () => {
  const failures: [string, string, string][] = [
    ["a status", `one("status~404").getAppInfo()`, "APIError"],
    ["401", `one("status~401").getAppInfo()`, "AuthenticationError"],
    ["422", `one("status~422").getAppInfo()`, "ValidationError"],
    ["429", `one("status~429").getAppInfo()`, "RateLimitError"],
    [
      "a refused upload",
      `one("status~413").fileUpload({ user: "me", files: { file: Buffer.from("x") } })`,
      "FileUploadError",
    ],
    ["a broken connection", `one("reset").getAppInfo()`, "NetworkError"],
    ["no connection", `one("json", { baseUrl: "http://127.0.0.1:1/v1" }).getAppInfo()`, "NetworkError"],
    ["a time-out", `one("never", { timeout: 100 }).getAppInfo()`, "TimeoutError"],
    ["a deadline", `one("never", { deadline: 100 }).getAppInfo()`, "TimeoutError"],
    ["JSON where a stream was asked", `one("json").createChatMessage(streaming)`, "StreamError"],
    [
      "no stream for so long",
      `all(one("endless", { timeout: 100 }).createChatMessage(streaming))`,
      "TimeoutError",
    ],
  ];
  // All of them in one script, so that one child process does for all.
  const source = () => `
    // Of a cause that is not the library's, the class and live objects such as a socket do not cross.
    const shown = (error) => error instanceof Error
      ? { ours: error instanceof (dify[error.name] ?? Error), ...error, name: error.name, message: error.message,
          status: error.response?.statusCode, body: error.response?.text, cause: shown(error.cause), socket: undefined }
      : error;
    function callerOfTheBridge(act, bridge) {
      try { act((what, options) => client(what, { bridge, ...options })) } catch (error) {
        const [ours, theirs] = error.stack.split("    --- in the bridge's worker ---\\n");
        const isThere = theirs !== undefined && !theirs.includes("callerOfTheBridge") && /^    at /.test(theirs);
        return { ...shown(error), frames: [ours.includes("callerOfTheBridge"), isThere] };
      }
    }
    const all = (stream) => (stream instanceof Promise ? stream : [...stream]);
    const failures = [${failures.map(([, failing]) => `(one) => ${failing}`).join(",\n")}];
    (async () => {
      for (const fail of failures) {
        const asynchronous = shown(await (async () => {
          // A loop over a stream, or whatever else the call gives.
          for await (const _ of (await fail((what, options) => asyncClient(what, options))) ?? []);
        })().catch((error) => error));
        say([asynchronous, callerOfTheBridge(fail, "worker"), callerOfTheBridge(fail, "process")]);
      }
    })();
  `;
  let told: Promise<unknown[]> | undefined;
  test.concurrent.each(failures.map(([title, , name], i) => [title, name, i] as const))(
    "%s: the same over both bridges as in the async family, but for the stack",
    async (_, name, i) => {
      told ??= run(source(), { server });
      const [asynchronous, worker, child] = (await told)[i] as Record<string, unknown>[];
      expect(asynchronous).toMatchObject({ name, ours: true });
      // Errors of an answer are made by the caller itself.
      const frames = [true, !(asynchronous?.status || name === "StreamError")];
      expect(worker).toEqual({ ...asynchronous, frames });
      expect(child).toEqual({ ...asynchronous, frames });
    },
  );

  test.concurrent.each(["worker", "process"])(
    "no key in what can be seen, over the %s bridge",
    async (bridge) => {
      const source = `
      const { inspect } = require("node:util");
      const one = client("status~400", { bridge: "${bridge}" });
      const seen = [inspect(one, { depth: 9, showHidden: true }), JSON.stringify(one)];
      const note = (act) => { try { act() } catch (error) { seen.push(inspect(error, { depth: 9, showHidden: true }), error.stack, JSON.stringify(error)) } };
      note(() => one.getAppInfo());
      note(() => client("reset", { bridge: "${bridge}" }).getAppInfo());
      note(() => client("never", { bridge: "${bridge}", timeout: 50 }).getAppInfo());
      note(() => client("json", { bridge: "${bridge}", baseUrl: "http://127.0.0.1:1/v1" }).getAppInfo());
      note(() => client("json", { bridge: "${bridge}" }).fileUpload({ user: "me", files: { file: new Date() } }));
      const stream = client("endless", { bridge: "${bridge}" }).createChatMessage(streaming);
      seen.push(inspect(stream, { depth: 9, showHidden: true }), JSON.stringify(stream));
      say([seen.length, seen.filter((text) => text.includes(${JSON.stringify(KEY)})).length]);
    `;
      expect(await run(source, { server })).toEqual([[19, 0]]);
    },
  );
});

describe("under jest's fake timers", () => {
  const { AsyncChatClient, ChatClient } = require("../dist/index.js") as typeof import("../dist/index.js");
  const options = (what: string) => ({ baseUrl: `${server.origin}/${what}/v1`, proxy: null, maxRetries: 0 });
  const me = { user: "me" };
  afterEach(() => void jest.useRealTimers());

  test.each(["worker", "process"] as const)(
    "blocking calls work, and their limits hold, over the %s bridge",
    (bridge) => {
      jest.useFakeTimers();
      const client = new ChatClient("app-key", { ...options("json"), bridge });
      expect(client.getMeta(me).json()).toEqual({ result: "success", data: [] });
      const slow = new ChatClient("app-key", { ...options("never"), bridge });
      expect(() => slow.getMeta(me, { timeout: 100 })).toThrow("100 ms (timeout, in milliseconds)");
    },
  );

  test("async calls do, but for setImmediate, which undici needs", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate", "queueMicrotask", "nextTick"] });
    const client = new AsyncChatClient("app-key", options("json"));
    for (let i = 0; i < 3; i++) {
      expect((await client.getMeta(me)).json()).toEqual({ result: "success", data: [] });
    }
    const slow = new AsyncChatClient("app-key", options("never"));
    await expect(slow.getMeta(me, { timeout: 100 })).rejects.toThrow("100 ms (timeout, in milliseconds)");
    await Promise.all([client.aclose(), slow.aclose()]);
  });
});
