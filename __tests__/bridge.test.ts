import { type BridgeServer, KEY, run, start, startServer } from "./bridge/support";

let server: BridgeServer;
let count = 0;
/** A name that no other test uses: what happens under it is this test's alone. */
const nextName = () => `bridge-${++count}`;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/**
 * Runs `code` in every bridge worker before the worker's own file is loaded; `when(kind, act)` there acts when the
 * worker gets a message of a kind, `sent(kind, act)` when it has sent one. The parent finds the workers in `workers`; a worker started after
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
      // Once it has sent a message of a kind.
      const sent = (kind, act) => {
        const { port } = workerData, send = port.postMessage.bind(port);
        port.postMessage = (message, ...rest) => { send(message, ...rest); if (message[0] === kind) setImmediate(act) };
      };
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
      ${tampered(`sent("chunk", () => { ${death} })`, small)}
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
    expect(await run(source, { server })).toEqual([["BridgeError", "TypeError", "thrown there", true, true]]);
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

describe("the end of the process", () => {
  const opened = (name: string) => `
    const open = client("endless~~${name}"), other = client("drip~~${name}-b");
    const one = open.createChatMessage(streaming)[Symbol.iterator](), two = other.createChatMessage(streaming);
    one.next();
    ok(client("json"));
    say("open");
    const begun = performance.now();
    process.on("exit", () => say(performance.now() - begun < 2_000));
  `;
  const ends: [string, string, number][] = [
    ["a plain end", "", 0],
    ["process.exitCode", "process.exitCode = 5", 5],
    ["process.exit(3)", "process.exit(3)", 3],
    ["process.exit(3) within a stream", "for (const _ of two) process.exit(3)", 3],
    ["process.exit(3) in a timer", "setTimeout(() => process.exit(3), 20)", 3],
    [
      "a call in a listener of exit",
      `process.on("exit", () => { say(ok(client("json"))) }); process.exit(3)`,
      3,
    ],
    ["an uncaught error", `throw new Error("mine")`, 1],
    ["an uncaught error of ours", `client("status~400").getAppInfo()`, 1],
  ];
  test.concurrent.each(ends)(
    "with open clients and streams, by %s: at once, the code kept",
    async (how, end, code) => {
      const name = nextName();
      const outcome = await start(opened(name) + end, { server }).outcome;
      expect([outcome.code, outcome.signal]).toEqual([code, null]);
      expect(outcome.said).toEqual(["open", true, ...(how.includes("listener") ? ["success"] : [])]);
      await server.until("closed by the reader", name);
      await server.until("closed by the reader", `${name}-b`);
    },
  );

  test.concurrent("an idle worker does not hold it, also where the first call was the last thing done", async () => {
    const outcome = await start(`setTimeout(() => say(ok(client("json"))), 10)`, { server }).outcome;
    expect([outcome.code, outcome.said]).toEqual([0, ["success"]]);
  });

  test.concurrent("nothing is written to stdout or stderr", async () => {
    const { stdout, stderr } = await start(`ok(client("json")); client("json").close()`, { server }).outcome;
    expect([stdout, stderr]).toEqual(["", ""]);
  });

  test.concurrent.each(["SIGTERM", "SIGINT"] as const)(
    "%s during a call, with no listener: at once",
    async (signal) => {
      const name = nextName();
      const script = start(`say("before"); client("never~~${name}").getMeta({ user: "me" })`, { server });
      await server.until("asked /meta?user=me", name);
      process.kill(script.pid, signal);
      const outcome = await script.outcome;
      expect([outcome.signal, outcome.said]).toEqual([signal, ["before"]]);
    },
  );

  test.concurrent.each(["SIGTERM", "SIGINT"] as const)(
    "%s during a call, with a listener: it runs when the call returns",
    async (signal) => {
      const name = nextName();
      const source = `
      process.on("${signal}", () => { say("heard"); process.exit(4) });
      say(attempt(() => ok(client("never~~${name}", { timeout: 600 }))).split(":")[0]);
      say("the call has returned");
      setTimeout(() => {}, 20_000);
    `;
      const script = start(source, { server });
      await server.until("asked /meta?user=me", name);
      process.kill(script.pid, signal);
      const outcome = await script.outcome;
      expect([outcome.code, outcome.said]).toEqual([4, ["TimeoutError", "the call has returned", "heard"]]);
    },
  );
});

describe("Node's permission model", () => {
  const major = Number(process.versions.node.split(".")[0]);
  const permission = [major < 22 ? "--experimental-permission" : "--permission", "--allow-fs-read=*"];
  // Where the network is a permission, it is one of a child too.
  const net = process.allowedNodeEnvironmentFlags.has("--allow-net") ? ["--allow-net"] : [];
  const source = (bridge: string) => `
    const one = client("events~3", { bridge: "${bridge}" });
    say(attempt(() => [...one.createChatMessage(streaming)].map(({ n }) => n)));
    say(attempt(() => ok(client("json", { bridge: "${bridge}" }))));
  `;
  const workerDenied =
    'Node\'s permission model denies the worker thread of the blocking clients: allow it with --allow-worker, or pass { bridge: "process" } and allow --allow-child-process';
  const childDenied =
    "Node's permission model denies the child process of the blocking clients: allow it with --allow-child-process, or use the worker bridge (the default) and allow --allow-worker";
  const works = [[0, 1, 2], "success"];
  const refused = (why: string) => [`BridgeError: createChatMessage: ${why}`, `BridgeError: getMeta: ${why}`];
  const cases: [string, string, string[], unknown[]][] = [
    ["the worker bridge works with --allow-worker", "worker", ["--allow-worker"], works],
    ["the worker bridge names both flags with neither", "worker", [], refused(workerDenied)],
    [
      "the worker bridge names both flags with the other one",
      "worker",
      ["--allow-child-process"],
      refused(workerDenied),
    ],
    ["the process bridge works with --allow-child-process", "process", ["--allow-child-process"], works],
    ["the process bridge names both flags with neither", "process", [], refused(childDenied)],
  ];
  test.concurrent.each(cases)("%s", async (_, bridge, allowed, expected) => {
    const flags = [...permission, ...net, ...allowed];
    expect(await run(source(bridge), { server, flags })).toEqual(expected);
  });

  if (net.length > 0) {
    test.concurrent("the process bridge names --allow-net where that is what is missing", async () => {
      const flags = [...permission, "--allow-child-process"];
      expect(await run(source("process"), { server, flags })).toEqual(
        refused(
          "Node's permission model denies the network to the child process of the blocking clients: allow it with --allow-net",
        ),
      );
    });
  }
});

describe("what is set in the caller's process stays there", () => {
  const marked = `data:text/javascript,globalThis.MARK='loaded';console.log('loaded')`;
  const flags: [string, string[]][] = [
    ["--import", ["--import", marked]],
    ["-r", ["-r", `${__dirname}/bridge/preload.cjs`]],
    ["--inspect", ["--inspect=0"]],
    ["--cpu-prof", ["--cpu-prof", "--cpu-prof-dir=/tmp"]],
    ["--no-warnings and --trace-uncaught", ["--no-warnings", "--trace-uncaught", "--stack-trace-limit=50"]],
    ["--max-old-space-size", ["--max-old-space-size=200", "--expose-gc"]],
    ["--input-type", ["--input-type=commonjs"]],
  ];
  const source = (bridge: string) => `
    ${tampered(`require("node:fs").writeSync(1, JSON.stringify([process.execArgv, process.env, globalThis.MARK ?? null]) + "\\n")`)}
    say(ok(client("json", { bridge: "${bridge}" })));
  `;
  test.concurrent.each(flags)("%s reaches neither the worker nor the child", async (_, flags) => {
    for (const bridge of ["worker", "process"]) {
      const { code, said, stdout } = await start(source(bridge), { server, flags }).outcome;
      expect([bridge, code, said]).toEqual([bridge, 0, ["success"]]);
      // Once, by the script itself.
      expect(stdout.split("loaded\n").length - 1).toBe(/import|preload/.test(flags.join()) ? 1 : 0);
      if (bridge === "worker") expect(stdout).toContain("[[],{},null]");
    }
  });

  test.concurrent.each(["worker", "process"])("NODE_OPTIONS neither, over the %s bridge", async (bridge) => {
    const env = { ...process.env, NODE_OPTIONS: `--import "${marked}" --inspect=0` };
    const { code, said, stdout } = await start(source(bridge), { server, env }).outcome;
    expect([code, said, stdout.split("loaded\n").length - 1]).toEqual([0, ["success"], 1]);
  });

  test.concurrent("process.env may change, and be emptied", async () => {
    const source = `
      const one = client("json");
      for (const name of Object.keys(process.env)) delete process.env[name];
      process.env.HTTP_PROXY = "http://127.0.0.1:1";
      process.env.NODE_OPTIONS = "--no-such-option";
      say(ok(one));
      say(ok(client("json", { bridge: "process" })));
    `;
    expect(await run(source, { server })).toEqual(["success", "success"]);
  });
});

describe("connections", () => {
  const endless = (name: string) => `client("endless~~${name}")`;
  const awaitClosed = (name: string) =>
    `say(client("await~closed by the reader~${name}").getMeta({ user: "me" }).json().log[2]);`;
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
    [
      "destructuring",
      (name) => `const [first] = ${endless(name)}.createChatMessage(streaming); say(first.n);`,
    ],
  ];
  test.concurrent.each(leaving)(
    "%s closes a stream's connection, while the script lives on",
    async (how, leave) => {
      const name = nextName();
      const said = await run(`${leave(name)} ${awaitClosed(name)}`, { server });
      expect(said).toEqual([...(how === "destructuring" ? [0] : []), "closed by the reader"]);
    },
  );

  test.concurrent.each(["never read", "half read"])(
    "so does the garbage collection of one that was %s",
    async (how) => {
      const name = nextName();
      const source = `
      (() => {
        const stream = ${endless(name)}.createChatMessage(streaming);
        if (${how === "half read"}) stream[Symbol.iterator]().next();
      })();
      let closed = false;
      const collect = () => { if (closed) return; gc(); setTimeout(collect, 10) };
      collect();
      asyncClient("await~closed by the reader~${name}").getMeta({ user: "me" }).then((answer) => {
        closed = true;
        say(answer.json().log[2]);
      });
    `;
      expect(await run(source, { server, flags: ["--expose-gc"] })).toEqual(["closed by the reader"]);
    },
  );

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

  test.concurrent("a client's calls share one", async () => {
    const name = nextName();
    const source = `const one = client("json~~${name}"); for (let i = 0; i < 100; i++) ok(one);`;
    await run(source, { server });
    const { log } = await server.report(name);
    expect(log.filter((entry) => entry === "connected")).toHaveLength(1);
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
  test.concurrent("100 MB up and 100 MB down, whole, and the memory returns", async () => {
    const source = `
      const { createHash, randomBytes } = require("node:crypto");
      const seed = randomBytes(1024 * 1024);
      const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");
      const up = client("hash"), down = client("big~100");
      const round = () => {
        const content = Buffer.concat(Array.from({ length: 100 }, () => seed));
        const { size, hash } = up.fileUpload({ user: "me", files: { file: ["a.bin", content] } }).json();
        const answer = down.getMeta({ user: "me" });
        return [size === content.length && hash === sha(content), answer.content.length, answer.headers["x-hash"] === sha(answer.content)];
      };
      (async () => {
        for (let i = 0; i < 3; i++) say(round());
        // Memory is given back in turns of both loops.
        for (let i = 0; i < 10; i++) { gc(); ok(client("json")); await new Promise((resolve) => setTimeout(resolve, 20)); }
        const { external } = process.memoryUsage();
        say(external < 20e6 ? "little" : external);
      })();
    `;
    expect(await run(source, { server, flags: ["--expose-gc"] })).toEqual([
      ...Array(3).fill([true, 100 * 1024 * 1024, true]),
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

describe("a worker that lives but does nothing", () => {
  const stuck = {
    name: "BridgeError",
    operation: "getMeta",
    isBridgeError: true,
    soon: true,
    again: "success",
    workers: 2,
  };
  const limits = "{ timeout: 200, connectTimeout: 200 }";
  /** Past the call's limits and five seconds, and not much more. */
  const inTime = (act: string) => `
    const start = performance.now();
    ${dieThenCall(act).replace("took < 4_000", "took > 5_000 && took < 9_000")}
  `;

  test.concurrent("is a BridgeError five seconds after the call's limits, and is replaced", async () => {
    const source = `
      ${tampered(`when("request", () => { for (;;); })`)}
      ${inTime(`client("json", ${limits}).getMeta({ user: "me" })`)}
    `;
    expect(await run(source, { server })).toEqual([
      {
        ...stuck,
        message: expect.stringMatching(
          /^getMeta: the bridge gave no sign of life for 52\d\d ms, longer than the limits of the call allow$/,
        ),
      },
    ]);
  });

  test.concurrent("so is one that never gets ready", async () => {
    const source = `
      ${tampered("for (;;);")}
      ${inTime(`client("json", ${limits}).getMeta({ user: "me" })`)}
    `;
    expect(await run(source, { server })).toEqual([
      { ...stuck, message: expect.stringMatching(/^getMeta: the bridge did not start within 52\d\d ms$/) },
    ]);
  });

  test.concurrent("within a stream too; and its thread does not go on burning", async () => {
    const source = `
      ${tampered(`sent("chunk", () => { for (;;); })`)}
      ${inTime(`for (const _ of client("endless", ${limits}).createChatMessage(streaming)) continue`)}
      workers[0].once("exit", () => say("ended"));
      if (workers[0].threadId === -1) say("ended");
    `;
    expect(await run(source, { server })).toEqual([
      { ...stuck, operation: "createChatMessage", message: expect.stringContaining("no sign of life") },
      "ended",
    ]);
  });

  test.concurrent("is not one that was stopped with the whole process", async () => {
    // Without a deadline, and with one that passes while nothing runs: the host says so itself.
    const outcomes = ["", ", deadline: 2_000"].map(async (deadline) => {
      const name = nextName();
      const call = `client("hold~700~${name}", { timeout: 1_000 ${deadline} }).getMeta({ user: "me" })`;
      const script = start(`say(attempt(() => ${call}.json().held + " ms").split(":")[0])`, { server });
      await server.until("asked /meta?user=me", name);
      process.kill(script.pid, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 8_000));
      process.kill(script.pid, "SIGCONT");
      return (await script.outcome).said;
    });
    expect(await Promise.all(outcomes)).toEqual([
      ["700 ms"],
      [expect.stringMatching(/^(700 ms|TimeoutError)$/)],
    ]);
  });

  test.concurrent("is not one whose caller came back late: what has come counts, and the host's own error", async () => {
    const source = `
      const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      const whole = client("events~3", { deadline: 100 }).createChatMessage(streaming);
      const open = client("endless", { deadline: 100 }).createChatMessage(streaming);
      wait(5_400);
      say(attempt(() => [...whole].map(({ n }) => n)));
      say(attempt(() => [...open]).split(":")[0]);
      say(ok(client("json")));
    `;
    expect(await run(source, { server })).toEqual([[0, 1, 2], "TimeoutError", "success"]);
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
      `[...one("endless", { timeout: 100 }).createChatMessage(streaming)]`,
      "TimeoutError",
    ],
  ];
  test.concurrent.each(failures)(
    "%s: the same over both bridges as in the async family, but for the stack",
    async (_, failing, name) => {
      const source = `
      // Of a cause that is not the library's, the class and live objects such as a socket do not cross.
      const shown = (error) => error instanceof Error
        ? { ours: error instanceof (dify[error.name] ?? Error), ...error, name: error.name, message: error.message,
            status: error.response?.statusCode, body: error.response?.text, cause: shown(error.cause), socket: undefined }
        : error;
      const stacks = [];
      function callerOfTheBridge(act) { try { act() } catch (error) { stacks.push(error.stack); return shown(error) } }
      const results = ["worker", "process"].map((bridge) => {
        const one = (what, options) => client(what, { bridge, ...options });
        return callerOfTheBridge(() => { ${failing} });
      });
      (async () => {
        const one = (what, options) => asyncClient(what, options);
        const all = async (stream) => { for await (const _ of await stream); };
        try { ${failing.replace(/^\[\.\.\.(.*)\]$/, "await all($1)").replace(/^one/, "await one")} } catch (error) { say(shown(error)) }
        say(results[0]);
        say(results[1]);
        for (const stack of stacks) {
          const [ours, theirs] = stack.split("    --- in the bridge's worker ---\\n");
          say([ours.includes("callerOfTheBridge"), theirs === undefined ? null : !theirs.includes("callerOfTheBridge") && /^    at /.test(theirs)]);
        }
      })();
    `;
      const [asynchronous, worker, child, ...stacks] = await run(source, { server });
      expect(asynchronous).toMatchObject({ name, ours: true });
      expect(worker).toEqual(asynchronous);
      expect(child).toEqual(asynchronous);
      // Errors of an answer are made by the caller itself.
      const there = (asynchronous as { status?: number }).status || name === "StreamError" ? null : true;
      expect(stacks).toEqual([
        [true, there],
        [true, there],
      ]);
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
