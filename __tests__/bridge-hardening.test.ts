import { type BridgeServer, KEY, run, startServer } from "./bridge/support";

let server: BridgeServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** The child process, the port that sync-rpc gave it, and time for what happens elsewhere. */
const overProcess = `
  const childProcess = require("node:child_process");
  const { spawn } = childProcess;
  let child, port;
  childProcess.spawn = (...args) => {
    const at = args[1].findIndex((arg) => /sync-rpc.lib.worker/.test(arg));
    port = Number(args[1][at + 1]);
    return (child = spawn(...args));
  };
  const remote = (what) => client(what, { bridge: "process" });
  const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
`;

test("sync-rpc's key, which runs code in the child for whoever has it, is in no process's arguments", async () => {
  const source = `
    ${overProcess}
    const seen = [], { spawnSync } = childProcess;
    childProcess.spawnSync = (...args) => { seen.push(args); return spawnSync(...args); };
    say(ok(remote("json")));
    const args = [...child.spawnargs, ...seen.flatMap(([command, args]) => [command, ...args])];
    const keys = seen.map(([, , { input }]) => /"k":"(\\w+)"/.exec(String(input))?.[1]).filter(Boolean);
    say([keys.length > 0, /^[0-9a-f]{64}$/.test(keys[0]), args.some((arg) => String(arg).includes(keys[0]))]);
  `;
  expect(await run(source, { server })).toEqual(["success", [true, true, false]]);
});

test("a program that takes the port of a child that has died learns nothing of what is sent", async () => {
  const source = `
    ${overProcess}
    const { existsSync, mkdtempSync, readFileSync, rmSync } = require("node:fs");
    const folder = mkdtempSync(require("node:path").join(require("node:os").tmpdir(), "dify-dual-"));
    const heard = folder + "/heard", listening = folder + "/listening";
    say(ok(remote("json")));
    child.kill("SIGKILL");
    const squatter = spawn(process.execPath, ["-e", \`
      const { appendFileSync, writeFileSync } = require("node:fs");
      const server = require("node:net").createServer((c) => c.on("error", () => {}).on("data", (data) => {
        appendFileSync(\${JSON.stringify(heard)}, data);
        if (String(data).includes("\\\\r\\\\n")) c.end(JSON.stringify({ s: true, v: JSON.parse(data).a.slice(1) }));
      }));
      // Until the child's end has freed the port.
      server.on("error", () => setTimeout(listen, 20)).on("listening", () => writeFileSync(\${JSON.stringify(listening)}, ""));
      const listen = () => server.listen(\${port}, "127.0.0.1");
      listen();
    \`]);
    while (!existsSync(listening)) pause(20);
    // A new client: its first request takes its key along. What it gets back is what it sent.
    say(attempt(() => remote("echo").createChatMessage(ask("a user's name"))));
    const all = readFileSync(heard, "latin1");
    say([all.length > 100, all.includes(${JSON.stringify(KEY)}), all.includes("a user's name"), all.includes("chat-messages")]);
    squatter.kill();
    say(ok(remote("json")));
    rmSync(folder, { recursive: true });
  `;
  expect(await run(source, { server })).toEqual([
    "success",
    "BridgeError: createChatMessage: the bridge's child process does not answer",
    [true, false, false, false],
    "success",
  ]);
});

test("waiting for days, in a thread whose loop never turns, takes no memory", async () => {
  // As often as in three hours of waiting.
  const source = `
    const { Canary } = require(BRIDGE + "/canary.ts");
    const made = [];
    const alive = Object.getOwnPropertyDescriptor(Canary.prototype, "alive").get;
    Object.defineProperty(Canary.prototype, "alive", { get() { made[0] = this; return alive.call(this); } });
    client("hold~300").getMeta({ user: "me" });
    const before = process.memoryUsage().rss;
    let lived = 0;
    for (let i = 0; i < 100_000; i++) if (made[0].alive) lived++;
    say([lived, Math.max(0, Math.round((process.memoryUsage().rss - before) / 1e6))]);
  `;
  const [[lived, megabytes]] = (await run(source, { server, sources: true })) as [[number, number]];
  expect(lived).toBe(100_000);
  expect(megabytes).toBeLessThan(60);
});
