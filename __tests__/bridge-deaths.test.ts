import { type BridgeServer, run, start, startServer, tampered } from "./bridge/support";

// On a machine that does much else at once, processes take their time.
jest.setTimeout(60_000);

let server: BridgeServer;
let count = 0;
/** A name that no other test uses: what happens under it is this test's alone. */
const nextName = () => `deaths-${++count}`;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server.close());

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
    soon: took < 15_000, again: ok(client("json")), workers: workers.length });
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

describe("a worker that lives but does nothing", () => {
  const asleep = "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)";
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
    ${dieThenCall(act).replace("took < 15_000", "took > 5_000 && took < 19_000")}
  `;

  test.concurrent("is a BridgeError five seconds after the call's limits, and is replaced", async () => {
    const source = `
      ${tampered(`when("request", () => ${asleep})`)}
      ${inTime(`client("json", ${limits}).getMeta({ user: "me" })`)}
    `;
    expect(await run(source, { server })).toEqual([
      {
        ...stuck,
        message: expect.stringMatching(
          /^getMeta: the bridge gave no sign of life for \d{4,5} ms, longer than the limits of the call allow$/,
        ),
      },
    ]);
  });

  test.concurrent("so is one that never gets ready", async () => {
    const source = `
      ${tampered(asleep)}
      ${inTime(`client("json", ${limits}).getMeta({ user: "me" })`)}
    `;
    expect(await run(source, { server })).toEqual([
      {
        ...stuck,
        message: expect.stringMatching(/^getMeta: the bridge did not start within \d{4,5} ms$/),
      },
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
      const call = `client("hold~1000~${name}", { timeout: 2_000 ${deadline} }).getMeta({ user: "me" })`;
      const script = start(`say(attempt(() => ${call}.json().held + " ms").split(":")[0])`, { server });
      await server.until("asked /meta?user=me", name);
      process.kill(script.pid, "SIGSTOP");
      await new Promise((resolve) => setTimeout(resolve, 8_500));
      process.kill(script.pid, "SIGCONT");
      return (await script.outcome).said;
    });
    expect(await Promise.all(outcomes)).toEqual([
      ["1000 ms"],
      [expect.stringMatching(/^(1000 ms|TimeoutError)$/)],
    ]);
  });

  test.concurrent("is not one whose caller came back late: what has come counts, and the host's own error", async () => {
    const source = `
      const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      ok(client("json"));
      const whole = client("events~3", { deadline: 1_000 }).createChatMessage(streaming);
      const open = client("endless", { deadline: 1_000 }).createChatMessage(streaming);
      wait(6_300);
      say(attempt(() => [...whole].map(({ n }) => n)));
      say(attempt(() => [...open]).split(":")[0]);
      say(ok(client("json")));
    `;
    expect(await run(source, { server })).toEqual([[0, 1, 2], "TimeoutError", "success"]);
  });
});
