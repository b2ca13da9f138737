// What a load test does: calls with faults, and what must come of each. Used by load.mjs and by __tests__/load.test.ts.
const assert = require("node:assert/strict");
const { fork } = require("node:child_process");
const path = require("node:path");
const dify = require("../../dist/index.js");

const KEY = "app-0123456789abcdef01234567";
const RETRIES = 3;
const STALL = 1_500;
// What must come of each fate: of a POST, which is sent once, and of a GET, which is sent again.
const FATES = {
  reset: { post: ["NetworkError", 1], get: ["ok", 2] },
  half: { post: ["NetworkError", 1], get: ["ok", 2] },
  stall: { post: ["TimeoutError", 1], get: ["ok", 2] },
  500: { post: ["APIError", 1], get: ["ok", 2] },
  429: { post: ["RateLimitError", 1], get: ["ok", 2] },
  "429after": { post: ["ok", 2], get: ["ok", 2] },
};

async function startFaulty() {
  const child = fork(path.join(__dirname, "..", "servers", "faulty.js"), { execArgv: [] });
  const port = await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`the server ended with code ${code}`)));
  });
  const origin = `http://127.0.0.1:${port}`;
  return {
    baseUrl: `${origin}/v1`,
    report: async () => (await fetch(`${origin}/report`)).json(),
    close: () =>
      new Promise((resolve) => {
        child.removeAllListeners("exit");
        child.once("exit", resolve);
        child.kill();
      }),
  };
}

/** Which fault a call has: each kind in turn, 5 % in all. */
function fateOf(n) {
  const names = Object.keys(FATES);
  return n % 20 === 7 ? names[Math.floor(n / 20) % names.length] : "good";
}

// A fault meets a POST and a GET in turn.
const isPost = (n) => (fateOf(n) === "good" ? n % 2 === 0 : Math.floor(n / 120) % 2 === 0);

async function outcomeOf(call) {
  try {
    const response = await call();
    const { id } = response.json();
    return { kind: "ok", id };
  } catch (error) {
    return { kind: error.name };
  }
}

/** One client, so many calls at a time; each is held against what the server saw. */
async function runLoad(server, { calls, concurrency }) {
  await server.report();
  const client = new dify.AsyncChatClient(KEY, {
    baseUrl: server.baseUrl,
    proxy: null,
    timeout: STALL,
    connectTimeout: 30_000,
    maxRetries: RETRIES,
    retryDelay: 20,
  });
  const outcomes = new Array(calls);
  const start = performance.now();
  let next = 0;
  const work = async () => {
    while (next < calls) {
      const n = next++;
      const user = `c${n}~${fateOf(n)}`;
      outcomes[n] = await outcomeOf(() =>
        isPost(n)
          ? client.createChatMessage({ inputs: {}, query: "Hello", user }, { timeout: STALL })
          : client.getMeta({ user }),
      );
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const seconds = (performance.now() - start) / 1_000;
  const { attempts, busiest } = await server.report();
  const counts = {};
  let faults = 0;
  for (let n = 0; n < calls; n++) {
    const fate = fateOf(n);
    const method = isPost(n) ? "post" : "get";
    const [kind, times] = FATES[fate]?.[method] ?? ["ok", 1];
    if (fate !== "good") faults++;
    assert.deepEqual(
      { n, fate, method, ...outcomes[n], times: attempts[`c${n}`] },
      { n, fate, method, kind, ...(kind === "ok" ? { id: `c${n}` } : {}), times },
    );
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  // Nothing came that nobody sent.
  assert.equal(Object.keys(attempts).length, calls);
  await client.aclose();
  await closed(server);
  return { calls, concurrency, faults, busiest, counts, seconds: Number(seconds.toFixed(1)) };
}

/** One client, all streams at once. */
async function runStreams(server, { streams }) {
  await server.report();
  const client = new dify.AsyncChatClient(KEY, {
    baseUrl: server.baseUrl,
    proxy: null,
    connectTimeout: 30_000,
    maxRetries: RETRIES,
  });
  const isCut = (n) => n % 100 === 50;
  const start = performance.now();
  const read = async (n) => {
    const user = `s${n}~${isCut(n) ? "cut" : "good"}`;
    const stream = await client.createChatMessage({
      inputs: {},
      query: "x",
      user,
      response_mode: "streaming",
    });
    const events = [];
    try {
      for await (const event of stream) events.push(event);
      return { n, end: "clean", events };
    } catch (error) {
      return { n, end: error.name, events };
    }
  };
  const results = await Promise.all(Array.from({ length: streams }, (_, n) => read(n)));
  const { attempts, busiest } = await server.report();
  let cut = 0;
  for (const { n, end, events } of results) {
    const ids = new Set(events.map(({ id }) => id));
    assert.deepEqual([...ids], [`s${n}`]);
    assert.equal(attempts[`s${n}`], 1);
    const text = events.map(({ answer = "" }) => answer).join("");
    const whole = Array.from({ length: isCut(n) ? 10 : 20 }, (_, i) => `${i} `).join("");
    if (isCut(n)) {
      cut++;
      assert.equal(end, "StreamError");
      // What a reset overtook is lost; what came is in order, and a beginning.
      assert.ok(whole.startsWith(text), text);
    } else {
      assert.equal(end, "clean");
      assert.equal(text, whole);
      assert.equal(events.at(-1).event, "message_end");
    }
  }
  await client.aclose();
  await closed(server);
  return { streams, cut, busiest, seconds: Number(((performance.now() - start) / 1_000).toFixed(1)) };
}

/** Until the server has no connection left; that there is one for long is a leak. */
async function closed(server) {
  for (let tries = 0; ; tries++) {
    const { open } = await server.report();
    if (open === 0) return;
    if (tries > 200) throw new Error(`${open} connections are still open`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

module.exports = { closed, isPost, fateOf, FATES, KEY, runLoad, runStreams, startFaulty };
