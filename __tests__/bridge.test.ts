import { type BridgeServer, run, startServer } from "./bridge/support";

let server: BridgeServer;
let count = 0;
/** A name that no other test uses: what happens under it is this test's alone. */
const nextName = () => `bridge-${++count}`;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/**
 * Runs `code` in every bridge worker before the worker's own file is loaded; `when(kind, act)` there acts at the first
 * message of a kind that the worker is sent. The parent finds the workers in `workers`; a worker started after
 * `tamper = false` is the ordinary one.
 */
const tampered = (code: string, options = "{}") => `
  const RealWorker = threads.Worker;
  const workers = [];
  let tamper = true;
  threads.Worker = function (file, options) {
    if (!String(file).includes("lib-sync")) return new RealWorker(file, options);
    const code = ${JSON.stringify(code)};
    const prelude = \`
      const { workerData } = require("node:worker_threads");
      const when = (kind, act) => workerData.port.on("message", (message) => message[0] === kind && act(message));
      const url = \${JSON.stringify(ORIGIN)};
      const after = (entry, name, act) => require("node:http").get(url + "/await~" + encodeURIComponent(entry) + "~" + name + "/v1", act);
      const outOfMemory = () => { const all = []; for (;;) all.push(new Array(100_000).fill(Math.random())); };
    \`;
    const worker = tamper
      ? new RealWorker(prelude + code + ";require(" + JSON.stringify(file) + ")", { ...options, eval: true, ...${options} })
      : new RealWorker(file, options);
    workers.push(worker);
    return worker;
  };
`;

const deaths = {
  "process.exit": "process.exit(7)",
  "process.exit(0)": "process.exit(0)",
  "a throw": `throw new TypeError("thrown in the worker")`,
  "a rejection": `Promise.reject(new TypeError("thrown in the worker"))`,
  "out of memory": "outOfMemory()",
};
const small = "{ resourceLimits: { maxOldGenerationSizeMb: 24 } }";

/** Calls `act`, and tells what came of it and whether it was at once, then ends the tampering and calls again. */
const dieThenCall = (act: string) => `
  const begun = performance.now();
  let error;
  try { ${act} } catch (thrown) { error = thrown; }
  const took = performance.now() - begun;
  tamper = false;
  say({ name: error?.name, message: error?.message, operation: error?.operation, isBridgeError: error instanceof dify.BridgeError,
    soon: took < 4_000, again: ok(client("json")), workers: workers.length });
`;
const died = (operation: string) => ({
  name: "BridgeError",
  message: expect.stringMatching(`^${operation}: the bridge's worker thread has ended`),
  operation,
  isBridgeError: true,
  soon: true,
  again: "success",
  workers: 2,
});

describe("a worker that ends is a BridgeError at once, and the next call has a fresh one", () => {
  test.concurrent.each(Object.entries(deaths))("by %s, before it is ready", async (_, death) => {
    const source = `${tampered(death, small)} ${dieThenCall(`client("json").getMeta({ user: "me" })`)}`;
    expect(await run(source, { server })).toEqual([died("getMeta")]);
  });

  test.concurrent.each(Object.entries(deaths))("by %s, in the middle of a call", async (_, death) => {
    const name = nextName();
    // The server has the request, and will not answer.
    const code = `when("request", () => after("asked /meta?user=me", "${name}", () => { ${death} }))`;
    const source = `${tampered(code, small)} ${dieThenCall(`client("never~~${name}").getMeta({ user: "me" })`)}`;
    expect(await run(source, { server })).toEqual([died("getMeta")]);
    await server.until("disconnected", name);
  });

  test.concurrent.each(Object.entries(deaths))("by %s, in the middle of a stream", async (_, death) => {
    const name = nextName();
    const source = `
      ${tampered(`when("ack", () => { ${death} })`, small)}
      const read = [];
      ${dieThenCall(`for (const event of client("endless~~${name}").createChatMessage(streaming)) read.push(event.n)`)}
      say(read);
    `;
    expect(await run(source, { server })).toEqual([died("createChatMessage"), [0]]);
    await server.until("closed by the reader", name);
  });

  test.concurrent("by terminate, between two calls, with no turn of the loop", async () => {
    const source = `
      ${tampered("")}
      say(ok(client("json")));
      workers[0].terminate();
      ${dieThenCall(`client("json").getMeta({ user: "me" })`)}
    `;
    const [first, second] = await run(source, { server });
    expect(first).toBe("success");
    expect(second).toEqual(died("getMeta"));
  });

  test.concurrent("by terminate, and the loop has seen it: the next call does not even fail", async () => {
    const source = `
      ${tampered("")}
      ok(client("json"));
      workers[0].terminate().then(() => say([ok(client("json")), workers.length]));
    `;
    expect(await run(source, { server })).toEqual([["success", 2]]);
  });

  test.concurrent("by terminate within the loop of a stream; other streams of that worker end with it", async () => {
    const source = `
      ${tampered("")}
      const other = client("endless").createChatMessage(streaming)[Symbol.iterator]();
      say(other.next().value.n);
      ${dieThenCall(`for (const _ of client("endless").createChatMessage(streaming)) workers[0].terminate()`)}
      say(attempt(() => other.next()));
      say(other.next().done);
    `;
    expect(await run(source, { server })).toEqual([
      0,
      died("createChatMessage"),
      "BridgeError: createChatMessage: the bridge has ended",
      true,
    ]);
  });

  test.concurrent.each(["", "Promise.reject"])("what it threw is the cause (%s)", async (how) => {
    const act = how ? `Promise.reject(error)` : "throw error";
    const source = `
      ${tampered(`when("request", () => { const error = new TypeError("thrown there"); ${act} })`)}
      try { ok(client("json")) } catch ({ name, cause }) {
        say([name, cause.name, cause.message, cause instanceof TypeError, /in the bridge's worker/.test(cause.stack)]);
      }
    `;
    expect(await run(source, { server })).toEqual([
      ["BridgeError", "TypeError", "thrown there", true, true],
    ]);
  });

  test.concurrent("a client that was made before, and others, go on in the fresh one", async () => {
    const source = `
      ${tampered("")}
      const one = client("json"), two = client("json");
      say([ok(one), ok(two)]);
      workers[0].terminate();
      say(attempt(() => ok(one)));
      say([ok(two), ok(one), workers.length]);
      one.close();
      say([ok(two), attempt(() => ok(one))]);
    `;
    expect(await run(source, { server })).toEqual([
      ["success", "success"],
      expect.stringContaining("BridgeError"),
      ["success", "success", 2],
      ["success", "DifyClientError: getMeta: this client is closed"],
    ]);
  });
});

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
        ["dify-dual: POST /v1/chat-messages", ...inside],
        ["dify-dual: POST /v1/chat-messages 200", ...inside],
        ["dify-dual: POST /v1/chat-messages body", ...inside],
      ],
    ]);
  });

  test.concurrent("a log callback that throws breaks the call, and nothing else", async () => {
    const source = `
      const logger = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => { throw new Error("mine") }]));
      const noisy = client("events~3", { logger });
      for (let i = 0; i < 3; i++) say(attempt(() => noisy.createChatMessage(streaming)));
      say(ok(client("json")));
    `;
    expect(await run(source, { server })).toEqual([...Array(3).fill("Error: mine"), "success"]);
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
