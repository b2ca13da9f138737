// One adapter in one process. It does what its parent asks for, one question after the other, and answers with figures.
//   node client.mjs <adapter> <base URL>          (with an IPC channel)
import { cpuMicros, peakMb, resetPeak, residentMb, sharedMicros, usedMb } from "./gauges.mjs";

const [name, baseUrl] = process.argv.slice(2);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const block = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

let adapter;

const collect = () => globalThis.gc?.();

/** Collects garbage and lets its memory go back to the system, so that what comes after begins at the bottom. */
async function settle() {
  collect();
  await sleep(100);
  collect();
}

/** Microseconds of wall and processor time that `work` takes. */
async function timed(work) {
  const cpu = cpuMicros();
  const start = performance.now();
  await work();
  return { wall: (performance.now() - start) * 1_000, cpu: cpuMicros() - cpu };
}

/** Reads one stream and refuses a wrong number of events. */
async function readStream(bench, onEvent = () => undefined) {
  let received = 0;
  const count = (event) => {
    received++;
    return onEvent(event, received);
  };
  if (adapter.sync) adapter.stream(bench, count);
  else await adapter.stream(bench, count);
  if (received !== bench.events) throw new Error(`${received} events in place of ${bench.events}`);
}

function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const questions = {
  /** Loads and constructs the client. */
  async open() {
    collect();
    const before = residentMb();
    const start = performance.now();
    const { default: open } = await import(`./adapters/${name}.mjs`);
    adapter = await open({ baseUrl, key: "app-bench" });
    const importMs = performance.now() - start;
    return { importMs, rssMb: residentMb() - before };
  },

  /** The first call of a process. */
  async first() {
    const start = performance.now();
    const answer = adapter.sync ? adapter.call(1_024) : await adapter.call(1_024);
    if (answer.event !== "message") throw new Error("the answer is not what the server sent");
    return { firstMs: performance.now() - start };
  },

  /** Calls, so many at a time: microseconds for each. */
  async calls({ count, concurrency = 1, bytes = 1_024 }) {
    const oneByOne = async () => {
      if (adapter.sync) for (let i = 0; i < count; i++) adapter.call(bytes);
      else for (let i = 0; i < count; i++) await adapter.call(bytes);
    };
    const several = async () => {
      let left = count;
      const caller = async () => {
        while (left-- > 0) await adapter.call(bytes);
      };
      await Promise.all(Array.from({ length: concurrency }, caller));
    };
    const { wall, cpu } = await timed(concurrency === 1 ? oneByOne : several);
    return { us: wall / count, cpu: cpu / count };
  },

  /** A stream at full speed: microseconds for each event, the memory it took, and what of it is still held. */
  async stream({ events, framing }) {
    await settle();
    const used = usedMb();
    resetPeak();
    const resident = residentMb();
    let letters = 0;
    const read = () =>
      readStream({ events, framing }, (event) => {
        letters += event.answer.length;
      });
    const { wall, cpu } = await timed(read);
    const peak = peakMb() - resident;
    if (letters === 0) throw new Error("events without text");
    collect();
    return { us: wall / events, cpu: cpu / events, peakMb: peak, keptMb: usedMb() - used };
  },

  /** A paced stream: microseconds from the writing of an event to its delivery. */
  async latency({ events, paceMs }) {
    const delays = [];
    await readStream({ events, paceMs }, (event) => {
      delays.push(sharedMicros() - event.t / 1_000);
    });
    delays.sort((a, b) => a - b);
    return { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99) };
  },

  /** Stops in the middle of a stream at full speed: what is held then, and by how much memory has grown. */
  async stall({ events, stallMs }) {
    await settle();
    const used = usedMb();
    resetPeak();
    const resident = residentMb();
    let figures;
    const measure = () => {
      const grownMb = peakMb() - resident;
      collect();
      figures = { grownMb, heldMb: usedMb() - used };
    };
    await readStream({ events, framing: "mtu" }, (_event, received) => {
      if (received !== 100) return undefined;
      if (!adapter.sync) return sleep(stallMs).then(measure);
      block(stallMs);
      return measure();
    });
    return figures;
  },

  /** An upload from disk: its seconds, and by how much memory grew. */
  async upload({ file, bytes }) {
    await settle();
    resetPeak();
    const before = residentMb();
    let answer;
    const { wall, cpu } = await timed(async () => {
      answer = adapter.sync ? adapter.upload(file) : await adapter.upload(file);
    });
    const form = answer.body_bytes - bytes;
    if (!(form > 0 && form < 4_096)) throw new Error(`the server counted ${answer.body_bytes} bytes`);
    return { seconds: wall / 1e6, cpu: cpu / 1e6, grownMb: peakMb() - before };
  },

  /** So many streams that are all open before any of them goes on. */
  async streams({ count, events }) {
    await settle();
    resetPeak();
    const before = residentMb();
    const bench = { events, together: count };
    const { wall, cpu } = await timed(() =>
      Promise.all(Array.from({ length: count }, () => readStream(bench))),
    );
    return { ms: wall / 1_000, cpuMs: cpu / 1_000, grownMb: peakMb() - before };
  },

  /** What an idle client has in memory beyond what was there before it was opened. */
  async idle({ before = 0 }) {
    await sleep(200);
    await settle();
    return { rssMb: residentMb() - before };
  },

  async resident() {
    collect();
    return { rssMb: residentMb() };
  },

  async close() {
    await adapter?.close();
    return {};
  },
};

async function answer({ question, ...details }) {
  try {
    process.send({ figures: await questions[question](details) });
  } catch (error) {
    process.send({ error: error?.stack ?? String(error) });
  }
}

// With the parent's death the channel closes. `end` lets go of it on purpose: the process then ends when nothing of
// the client holds it.
const gone = () => process.exit(0);
process.on("disconnect", gone);
process.on("message", (message) => {
  if (message.question !== "end") return void answer(message);
  process.off("disconnect", gone);
  process.disconnect();
});
