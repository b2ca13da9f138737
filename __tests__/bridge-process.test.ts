import { readdirSync, readFileSync } from "node:fs";
import { type BridgeServer, KEY, run, start, startServer } from "./bridge/support";

// On a machine that does much else at once, processes take their time.
jest.setTimeout(60_000);

let server: BridgeServer;
let count = 0;
/** A name that no other test uses: what happens under it is this test's alone. */
const nextName = () => `process-${++count}`;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

/** The clients of a script go over the process bridge; `child()` is the process that sync-rpc started. */
const overProcess = `
  const childProcess = require("node:child_process");
  const spawned = [];
  const realSpawn = childProcess.spawn;
  childProcess.spawn = (...args) => { const child = realSpawn(...args); spawned.push(child); return child; };
  const child = () => spawned.at(-1);
  // A start that lost the race for its port was ended, and does not count.
  const living = () => spawned.filter(({ killed }) => !killed).length;
  const remote = (what, options) => client(what, { bridge: "process", ...options });
  const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
`;

/** A process and what it started, and what those started. */
function family(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // The name, in parentheses, may hold anything.
      const [, parent] = /^.*\) \S (\d+) /s.exec(readFileSync(`/proc/${name}/stat`, "latin1")) ?? [];
      parents.set(Number(name), Number(parent));
    } catch {
      // It has ended meanwhile.
    }
  }
  const all = [root];
  for (const pid of all) for (const [one, parent] of parents) if (parent === pid) all.push(one);
  return all;
}

/** A process that runs; one that has ended, and was not fetched yet, does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

async function gone(pids: readonly number[], within: number): Promise<boolean> {
  for (const end = performance.now() + within; performance.now() < end; ) {
    if (!pids.some(isAlive)) return true;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return false;
}

const onLinux = process.platform === "linux" ? test.concurrent : test.skip;

describe("the child", () => {
  test.concurrent("is started at the first call, one for all clients, and goes with the parent", async () => {
    const source = `
      ${overProcess}
      const made = Array.from({ length: 10 }, () => remote("json"));
      say(living());
      for (const one of made) ok(one);
      for (const one of made) one.close();
      ok(remote("json"));
      say(living());
      say(child().pid);
    `;
    const [before, after, pid] = await run(source, { server });
    expect([before, after]).toEqual([0, 1]);
    expect(await gone([pid as number], 10_000)).toBe(true);
  });

  test.concurrent("killed between two calls: a BridgeError, and the next call works", async () => {
    const source = `
      ${overProcess}
      const one = remote("json"), two = remote("echo");
      say(ok(one));
      const listeners = process.listenerCount("exit");
      for (let i = 0; i < 2; i++) {
        child().kill("SIGKILL");
        pause(100);
        say(attempt(() => ok(one)));
        say([ok(one), two.createChatMessage(ask("me")).json().user, living()]);
      }
      say(process.listenerCount("exit") - listeners);
    `;
    const dead = "BridgeError: getMeta: the bridge's child process does not answer";
    expect(await run(source, { server })).toEqual([
      "success",
      dead,
      ["success", "me", 1],
      dead,
      ["success", "me", 1],
      0,
    ]);
  });

  test.concurrent("killed in the middle of a call: at once", async () => {
    const name = nextName();
    const source = `
      ${overProcess}
      ok(remote("json"));
      say(child().pid);
      const begun = performance.now();
      say(attempt(() => ok(remote("never~~${name}"))));
      say([performance.now() - begun < 15_000, ok(remote("json"))]);
    `;
    const script = start(source, { server });
    await server.until("asked /meta?user=me", name);
    const [pid] = family(script.pid).filter((pid) =>
      /parent-watch/.test(readFileSync(`/proc/${pid}/cmdline`, "latin1")),
    );
    process.kill(pid as number, "SIGKILL");
    const { said } = await script.outcome;
    expect(said).toEqual([
      pid,
      "BridgeError: getMeta: the bridge's child process does not answer",
      [true, "success"],
    ]);
  });

  test.concurrent("killed in the middle of a stream", async () => {
    const source = `
      ${overProcess}
      const read = [];
      say(attempt(() => { for (const { n } of remote("endless").createChatMessage(streaming)) { read.push(n); child().kill("SIGKILL"); pause(100); } }));
      say([read, ok(remote("json"))]);
    `;
    expect(await run(source, { server })).toEqual([
      "BridgeError: createChatMessage: the bridge's child process does not answer",
      [[0], "success"],
    ]);
  });

  test.concurrent("stopped, it is a BridgeError as well, and is replaced; the stopped one does not stay", async () => {
    const source = `
      ${overProcess}
      ok(remote("json"));
      const stopped = child();
      stopped.kill("SIGSTOP");
      say(attempt(() => ok(remote("json", { timeout: 200, connectTimeout: 200 }))));
      say([ok(remote("json")), living(), stopped.pid]);
    `;
    const [first, second] = await run(source, { server });
    expect(first).toBe("BridgeError: getMeta: the bridge's child process does not answer");
    expect(second).toEqual(["success", 1, expect.any(Number)]);
    expect(await gone([(second as number[])[2] as number], 10_000)).toBe(true);
  });

  onLinux("outlives no parent that was killed, idle or in the middle of a call", async () => {
    const names = [nextName(), nextName()];
    const sources = [
      `ok(client("json~~${names[0]}", { bridge: "process" })); setInterval(() => {}, 1_000)`,
      `client("never~~${names[1]}", { bridge: "process" }).getMeta({ user: "me" })`,
    ];
    await Promise.all(
      sources.map(async (source, i) => {
        const script = start(source, { server });
        await server.until("asked /meta?user=me", names[i] as string);
        const all = family(script.pid);
        expect(all.length).toBeGreaterThan(1);
        process.kill(script.pid, "SIGKILL");
        expect(await gone(all, 10_000)).toBe(true);
        await script.outcome;
      }),
    );
  });

  onLinux("outlives no parent that was killed while the child started", async () => {
    const source = `${overProcess}
      const { spawn } = childProcess;
      childProcess.spawn = (...args) => { const child = spawn(...args); say(child.pid); process.kill(process.pid, "SIGKILL"); };
      ok(remote("json"));
    `;
    const outcome = await start(source, { server }).outcome;
    expect([outcome.signal, outcome.said.length]).toEqual(["SIGKILL", 1]);
    expect(await gone(outcome.said as number[], 10_000)).toBe(true);
  });

  test.concurrent("two parents at once, each its own", async () => {
    const source = `
      ${overProcess}
      const users = [];
      for (let i = 0; i < 5; i++) users.push(remote("echo").createChatMessage(ask(process.pid + "-" + i)).json().user);
      say([child().pid, users.every((user, i) => user === process.pid + "-" + i)]);
    `;
    const [[one], [two]] = await Promise.all([run(source, { server }), run(source, { server })]);
    expect([one, two]).toEqual([
      [expect.any(Number), true],
      [expect.any(Number), true],
    ]);
    expect((one as number[])[0]).not.toBe((two as number[])[0]);
  });

  test.concurrent("its port was taken meanwhile, by one who answers: another port is found", async () => {
    const source = `
      ${overProcess}
      const { spawnSync } = childProcess;
      let tries = 0;
      childProcess.spawnSync = (...args) => String(args[1]).includes("find-port") && tries++ === 0
        ? { status: 0, stdout: Buffer.from(new URL(ORIGIN).port), stderr: Buffer.alloc(0) }
        : spawnSync(...args);
      say([ok(remote("json")), tries > 1, living()]);
      say(spawned[0].killed);
    `;
    expect(await run(source, { server })).toEqual([["success", true, 1], true]);
  });

  test.concurrent("cannot be started at all: a BridgeError", async () => {
    const source = `
      ${overProcess}
      childProcess.spawn = () => { throw Object.assign(new Error("no"), { code: "EAGAIN" }) };
      try { ok(remote("json")) } catch ({ name, message, cause }) { say([name, message, cause.message]) }
      childProcess.spawn = realSpawn;
      say(ok(remote("json")));
    `;
    expect(await run(source, { server })).toEqual([
      [
        "BridgeError",
        "getMeta: the child process of the blocking clients could not be started",
        "sync-rpc: EAGAIN",
      ],
      "success",
    ]);
  });
});

describe("the end of the process", () => {
  const ends: [string, string, number][] = [
    ["a plain end", "", 0],
    ["process.exitCode", "process.exitCode = 5", 5],
    ["process.exit(3)", "process.exit(3)", 3],
    ["an uncaught error", `throw new Error("mine")`, 1],
  ];
  test.concurrent.each(ends)(
    "with open clients and streams, by %s: at once, the code kept",
    async (_, end, code) => {
      const name = nextName();
      const source = `
      ${overProcess}
      const open = remote("endless~~${name}").createChatMessage(streaming)[Symbol.iterator]();
      open.next();
      say("open");
      const begun = performance.now();
      process.on("exit", () => say(performance.now() - begun < 15_000));
      ${end}
    `;
      const outcome = await start(source, { server }).outcome;
      expect([outcome.code, outcome.said]).toEqual([code, ["open", true]]);
      await server.until("closed by the reader", name);
    },
  );

  onLinux(
    "Ctrl-C, which the whole group gets, during a call: with a listener it runs when the call returns",
    async () => {
      const name = nextName();
      const source = `
      ${overProcess}
      process.on("SIGINT", () => { say("heard"); say(ok(remote("json"))); process.exit(4) });
      say(attempt(() => remote("hold~800~${name}").getMeta({ user: "me" }).json().held));
      setTimeout(() => {}, 20_000);
    `;
      const script = start(source, { server, detached: true });
      await server.until("asked /meta?user=me", name);
      process.kill(-script.pid, "SIGINT");
      const outcome = await script.outcome;
      expect([outcome.code, outcome.said]).toEqual([4, [800, "heard", "success"]]);
    },
  );

  onLinux("Ctrl-C without a listener ends it at once, and all that it started", async () => {
    const name = nextName();
    const script = start(`client("never~~${name}", { bridge: "process" }).getMeta({ user: "me" })`, {
      server,
      detached: true,
    });
    await server.until("asked /meta?user=me", name);
    const all = family(script.pid);
    process.kill(-script.pid, "SIGINT");
    expect((await script.outcome).signal).toBe("SIGINT");
    expect(await gone(all, 10_000)).toBe(true);
  });

  test.concurrent("SIGTERM during a call: at once without a listener, else when the call returns", async () => {
    const names = [nextName(), nextName()];
    const listener = `process.on("SIGTERM", () => { say("heard"); process.exit(4) });`;
    const [without, withOne] = await Promise.all(
      ["", listener].map(async (listener, i) => {
        const source = `
          ${listener}
          say(attempt(() => ok(client("never~~${names[i]}", { bridge: "process", timeout: 700 }))).split(":")[0]);
          setTimeout(() => {}, 20_000);
        `;
        const script = start(source, { server });
        await server.until("asked /meta?user=me", names[i] as string);
        process.kill(script.pid, "SIGTERM");
        return script.outcome;
      }),
    );
    expect([without?.signal, without?.said]).toEqual(["SIGTERM", []]);
    expect([withOne?.code, withOne?.said]).toEqual([4, ["TimeoutError", "heard"]]);
  });
});

describe("what crosses", () => {
  test.concurrent("text of every kind, and 5 MB of it", async () => {
    const source = `
      ${overProcess}
      const one = remote("echo");
      const texts = ["Zürich — 東京 🎉 \\u{1F469}\\u200D\\u{1F469}", "\\0b:AAAA", "\\0t:x", "\\0", ":base64:AAAA", ":", "\\r\\n\\r\\n", "\\u2028\\u2029\\x7f\\x80",
        '"\\\\"\\\\u0041', "日本語テキスト🎉".repeat(200_000), ""];
      for (const query of texts) {
        const name = query.slice(0, 20) || "x";
        const { inputs } = one.createChatMessage({ inputs: { [name]: query }, query: "x", user: "me" }).json();
        say(Object.keys(inputs)[0] === name && inputs[name] === query);
      }
    `;
    expect(await run(source, { server })).toEqual(Array(11).fill(true));
  });

  test.concurrent("bytes of every value up and down, and 10 MB of them", async () => {
    const source = `
      ${overProcess}
      const { createHash, randomBytes } = require("node:crypto");
      const sha = (bytes) => createHash("sha256").update(bytes).digest("hex");
      for (const size of [0, 1, 65_536, 1e6, 10e6]) {
        const content = randomBytes(size);
        const { size: got, hash } = remote("hash").fileUpload({ user: "me", files: { file: ["a", content] } }).json();
        say(got === size && hash === sha(content));
      }
      const { content, headers } = remote("big~10").getMeta({ user: "me" });
      say(content.length === 10 * 1024 * 1024 && headers["x-hash"] === sha(content));
    `;
    expect(await run(source, { server })).toEqual(Array(6).fill(true));
  });

  test.concurrent("a Blob is refused, a descriptor is read by the caller, a path by the child", async () => {
    const source = `
      ${overProcess}
      const fs = require("node:fs");
      const folder = fs.mkdtempSync(require("node:os").tmpdir() + "/dify-dual-");
      fs.writeFileSync(folder + "/a.txt", "from the file");
      const one = remote("hash");
      const upload = (file) => attempt(() => one.fileUpload({ user: "me", files: { file } }).json().size);
      say(upload(new Blob(["x"])));
      const fd = fs.openSync(folder + "/a.txt", "r");
      // From where it stands, as in the other bridge.
      fs.readSync(fd, Buffer.alloc(5));
      say(upload({ fd }));
      ok(one.constructor && remote("json"));
      process.chdir(folder);
      say(upload({ path: "a.txt" }));
      fs.closeSync(fd);
      say(upload({ fd }).split(":")[0]);
      process.chdir(require("node:os").tmpdir());
      fs.rmSync(folder, { recursive: true });
    `;
    expect(await run(source, { server })).toEqual([
      'ValidationError: fileUpload: file must not be a Blob with { bridge: "process" }: pass a Buffer or { path }',
      8,
      13,
      "FileUploadError",
    ]);
  });

  test.concurrent("calls within calls, and two streams in turn", async () => {
    const source = `
      ${overProcess}
      const inner = remote("json");
      const logger = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => say(ok(inner))]));
      const inputs = { get a() { return ok(inner) } };
      say(remote("echo", { logger }).createChatMessage({ ...ask("outer"), inputs }).json().user);
      const left = remote("events~5").createChatMessage(streaming)[Symbol.iterator]();
      say([...remote("events~5").createChatMessage(streaming)].map(({ n }) => n === left.next().value.n && ok(inner)));
    `;
    expect(await run(source, { server })).toEqual([
      "success",
      "success",
      "success",
      "outer",
      Array(5).fill("success"),
    ]);
  });

  test.concurrent("a call is one round trip, and so are all events that have arrived", async () => {
    const source = `
      ${overProcess}
      let trips = 0;
      const realSpawnSync = childProcess.spawnSync;
      childProcess.spawnSync = (...args) => { trips++; return realSpawnSync(...args); };
      const counted = (act) => { const before = trips; act(); return trips - before; };
      const one = remote("json");
      ok(one);
      say(counted(() => ok(one)));
      const stream = remote("events~2000").createChatMessage(streaming);
      pause(1_000);
      let n = 0;
      const taken = counted(() => { for (const _event of stream) n++; });
      say([n, taken]);
    `;
    const [call, [events, taken]] = (await run(source, { server })) as [number, [number, number]];
    expect({ call, events }).toEqual({ call: 1, events: 2000 });
    // One, unless the machine was so busy that the last of them came later.
    expect(taken).toBeLessThanOrEqual(3);
  });

  test.concurrent("a reader that stalls holds the server", async () => {
    const name = nextName();
    const source = `
      ${overProcess}
      const all = remote("flood~12~${name}").createChatMessage(streaming)[Symbol.iterator]();
      all.next();
      const written = () => client("report~~${name}").getMeta({ user: "me" }).json().written;
      let before = -1;
      for (let still = 0; still < 3; ) { pause(150); const now = written(); still = now === before ? still + 1 : 0; before = now; }
      let n = 1;
      while (!all.next().done) n++;
      say([before < 9e6, n]);
    `;
    expect(await run(source, { server })).toEqual([[true, expect.any(Number)]]);
    expect((await server.report(name)).log).toContain("all read");
  });

  onLinux("no key in the arguments or the environment of any process, nor in a file", async () => {
    const names = [nextName(), nextName()];
    const source = `
      ${overProcess}
      ok(remote("json"));
      remote("never~~${names[0]}", { timeout: 1_500 }).createChatMessage(ask("x".repeat(20)));
    `;
    const script = start(source, { server });
    await server.until("asked /chat-messages", names[0] as string);
    const children = family(script.pid).slice(1);
    const shown = children.map((pid) =>
      ["cmdline", "environ"].map((what) => readFileSync(`/proc/${pid}/${what}`, "latin1")).join("\n"),
    );
    script.child.kill("SIGKILL");
    await script.outcome;
    // The child, and the one that carries the round trip under way.
    expect(children.length).toBe(2);
    expect(shown.join("\n")).toContain("parent-watch");
    expect(shown.join("\n")).not.toContain(KEY);
  });
});

describe("netcat", () => {
  // One that is what the transport expects of it: stdin to the port, what comes back to stdout.
  const through = (bin: string) => `
    ${overProcess}
    const used = [];
    const { spawnSync } = childProcess;
    childProcess.spawnSync = (command, args, options) => {
      used.push(command === "nc" ? "nc" : String(args.at(-2)).split("/").at(-1));
      return command === "nc" ? ${bin} : spawnSync(command, args, options);
    };
    const node = (options, args) => spawnSync(process.execPath, [DIST + "/pipe.js", args.at(-1)], options);
    const absent = { error: Object.assign(new Error("spawnSync nc ENOENT"), { code: "ENOENT" }), status: null, stdout: null };
    say(remote("echo").createChatMessage(ask("Zürich 🎉")).json().user);
    say([used.filter((one) => one === "nc").length > 1, used.includes("pipe.js")]);
  `;

  test.concurrent("where it is installed, it carries the calls", async () => {
    expect(await run(through("node(options, args)"), { server })).toEqual(["Zürich 🎉", [true, false]]);
  });

  test.concurrent("where it is not, or is one that does not work, Node does", async () => {
    const bad = [
      "absent",
      `{ status: 1, stdout: Buffer.from("usage: nc"), stderr: Buffer.alloc(0) }`,
      `spawnSync("sleep", ["20"], { ...options, timeout: 500 })`,
    ];
    for (const bin of bad) {
      expect(await run(through(bin), { server })).toEqual(["Zürich 🎉", [false, true]]);
    }
  });
});
