import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type BridgeServer, run, start, startServer, tampered } from "./bridge/support";

// On a machine that does much else at once, processes take their time.
jest.setTimeout(60_000);

let server: BridgeServer;
let count = 0;
/** A name that no other test uses: what happens under it is this test's alone. */
const nextName = () => `platform-${++count}`;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

describe("the end of the process", () => {
  const opened = (name: string) => `
    const open = client("endless~~${name}"), other = client("drip~~${name}-b");
    const one = open.createChatMessage(streaming)[Symbol.iterator](), two = other.createChatMessage(streaming);
    one.next();
    ok(client("json"));
    say("open");
    const begun = performance.now();
    process.on("exit", () => say(performance.now() - begun < 15_000));
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
  const flags = [
    ["--import", marked, "-r", `${__dirname}/bridge/preload.cjs`, "--trace-uncaught", "--expose-gc"],
    [
      "--inspect=0",
      "--cpu-prof",
      `--cpu-prof-dir=${tmpdir()}`,
      "--input-type=commonjs",
      "--max-old-space-size=200",
    ],
  ];
  const source = (bridge: string) => `
    ${tampered(`require("node:fs").writeSync(1, JSON.stringify([process.execArgv, process.env, globalThis.MARK ?? null]) + "\\n")`)}
    say(ok(client("json", { bridge: "${bridge}" })));
  `;
  test.concurrent.each(flags.flatMap((given) => ["worker", "process"].map((bridge) => [bridge, ...given])))(
    "options of Node's are not passed on to the %s: %s",
    async (bridge, ...flags) => {
      const { code, said, stdout } = await start(source(bridge), { server, flags }).outcome;
      expect([code, said]).toEqual([0, ["success"]]);
      // Once each, by the script itself.
      expect(stdout.split("loaded\n").length - 1).toBe(flags.includes("-r") ? 2 : 0);
      if (bridge === "worker") expect(stdout).toContain("[[],{},null]");
    },
  );

  test.concurrent.each(["worker", "process"])("NODE_OPTIONS is not passed on to the %s", async (bridge) => {
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

describe("whom the caller's Node trusts, a host trusts", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "dify-dual-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const certificate = path.join(folder, "ca.pem");
  writeFileSync(certificate, (require("./bridge/tls.cjs") as { cert: string }).cert);
  const source = () => `
    const secure = { baseUrl: ${JSON.stringify(server.secureOrigin)} + "/json/v1" };
    const shown = (error) => error.message.split(" ").at(-1);
    const blocking = (bridge) => { try { return ok(client("", { ...secure, bridge })) } catch (error) { return shown(error) } };
    asyncClient("", secure).getMeta({ user: "me" }).then((answer) => answer.json().result, shown)
      .then((result) => say([result, blocking("worker"), blocking("process")]));
  `;
  const system = process.allowedNodeEnvironmentFlags.has("--use-system-ca");
  const ways: [string, string[], NodeJS.ProcessEnv][] = [
    ["NODE_TLS_REJECT_UNAUTHORIZED", [], { NODE_TLS_REJECT_UNAUTHORIZED: "0" }],
    ["NODE_EXTRA_CA_CERTS", [], { NODE_EXTRA_CA_CERTS: certificate }],
    [
      "--use-openssl-ca, among others",
      ["--use-openssl-ca", "--tls-min-v1.3", "--dns-result-order", "ipv4first", "--no-warnings"],
      { SSL_CERT_FILE: certificate },
    ],
    ...(system
      ? ([
          ["--use-system-ca", ["--use-system-ca"], { SSL_CERT_FILE: certificate }],
          ["NODE_OPTIONS", [], { SSL_CERT_FILE: certificate, NODE_OPTIONS: "--no-warnings --use-system-ca" }],
        ] as [string, string[], NodeJS.ProcessEnv][])
      : []),
  ];
  test.concurrent.each(ways)("by %s", async (_, flags, env) => {
    const said = await run(source(), { server, flags, env: { ...process.env, ...env } });
    expect(said).toEqual([["success", "success", "success"]]);
  });

  test.concurrent("and nobody else", async () => {
    const why = "(DEPTH_ZERO_SELF_SIGNED_CERT)";
    expect(await run(source(), { server })).toEqual([[why, why, why]]);
  });
});
