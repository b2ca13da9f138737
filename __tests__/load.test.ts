import { type ChildProcess, execFile } from "node:child_process";
import * as path from "node:path";

// The long version is `npm run test:soak`; what it does and what must come of it stands there.
const { FATES, fateOf, isPost, runLoad, runStreams, startFaulty, KEY } = require("./soak/load.cjs");

type Faulty = {
  baseUrl: string;
  report(): Promise<{ attempts: Record<string, number> }>;
  close(): Promise<void>;
};
let server: Faulty;
beforeAll(async () => {
  server = await startFaulty();
});
afterAll(() => server.close());

test("1,200 calls at concurrency 256, 5 % with a fault: each comes to its end, none is sent twice that must not be", async () => {
  const figures = await runLoad(server, { calls: 1_200, concurrency: 256 });
  expect(figures).toMatchObject({ calls: 1_200, faults: 60 });
  // It was a load, and each kind of fault came to pass.
  expect(figures.busiest).toBeGreaterThan(100);
  expect(Object.keys(figures.counts).sort()).toEqual([
    "APIError",
    "NetworkError",
    "RateLimitError",
    "TimeoutError",
    "ok",
  ]);
});

test("every kind of fault meets both a POST and a GET", () => {
  const met = new Set<string>();
  for (let n = 0; n < 1_200; n++) met.add(`${fateOf(n)} ${isPost(n)}`);
  expect(met.size).toBe(2 * (Object.keys(FATES).length + 1));
});

test("200 streams at once, 1 % cut: each is whole or a StreamError, and none has another's events", async () => {
  expect(await runStreams(server, { streams: 200 })).toMatchObject({ streams: 200, cut: 2 });
});

test("the blocking family: four threads of 60 calls, 5 % with a fault, each accounted for", async () => {
  await server.report();
  const source = `
    const { Worker, isMainThread, workerData, parentPort } = require("node:worker_threads");
    const dify = require(${JSON.stringify(path.join(__dirname, "..", "dist", "index.js"))});
    const { fateOf, isPost } = require(${JSON.stringify(path.join(__dirname, "soak", "load.cjs"))});
    function run(from) {
      const client = new dify.ChatClient(${JSON.stringify(KEY)}, {
        baseUrl: ${JSON.stringify(server.baseUrl)}, proxy: null, timeout: 500, maxRetries: 3, retryDelay: 20,
      });
      return Array.from({ length: 60 }, (_, i) => {
        const n = from + i;
        const user = "c" + n + "~" + fateOf(n);
        try {
          const answer = isPost(n)
            ? client.createChatMessage({ inputs: {}, query: "Hello", user }, { timeout: 500 })
            : client.getMeta({ user });
          return { n, kind: "ok", id: answer.json().id };
        } catch (error) {
          return { n, kind: error.name };
        }
      });
    }
    if (!isMainThread) parentPort.postMessage(run(workerData));
    else {
      const code = process.execArgv[1] ?? "";
      const threads = [60, 120, 180].map((from) => new Promise((resolve, reject) => {
        const worker = new Worker(code, { eval: true, workerData: from });
        worker.once("message", resolve);
        worker.once("error", reject);
      }));
      const own = run(0);
      Promise.all(threads).then((others) => console.log(JSON.stringify([own, ...others].flat())));
    }
  `;
  const stdout = await new Promise<string>((resolve, reject) => {
    const child: ChildProcess = execFile(process.execPath, ["-e", source], (error, out, err) =>
      error ? reject(new Error(`${error.message}\n${err}`)) : resolve(out),
    );
    child.stdin?.end();
  });
  const outcomes = JSON.parse(stdout) as { n: number; kind: string; id?: string }[];
  const { attempts } = await server.report();
  expect(outcomes).toHaveLength(240);
  for (const { n, kind, id } of outcomes) {
    const fate = fateOf(n);
    const [expected, times] = FATES[fate]?.[isPost(n) ? "post" : "get"] ?? ["ok", 1];
    expect({ n, fate, kind, id, times: attempts[`c${n}`] }).toEqual({
      n,
      fate,
      kind: expected,
      id: expected === "ok" ? `c${n}` : undefined,
      times,
    });
  }
});
