// What is measured: each section is a table, its rows are clients, its metrics the columns.

const MICROS = { key: "us", label: "µs a call", ratio: true };
const CPU = { key: "cpu", label: "CPU µs a call", ratio: true };
const EVENT_MICROS = { key: "us", label: "µs an event", ratio: true };
const EVENT_CPU = { key: "cpu", label: "CPU µs an event", ratio: true };

const OURS = ["dify-dual-async", "dify-dual-sync"];
const BOTH_KINDS = ["undici", "fetch", "dify-client", ...OURS];

/** How much is done: the sizes of a real measurement, and those that only show that everything runs. */
export const SCALES = {
  full: {
    warmUpMs: 1_000,
    roundMs: 60,
    warmUpEvents: 20_000,
    events: 200_000,
    pacedEvents: 100,
    stallMs: 500,
    uploadBytes: 256 * 2 ** 20,
  },
  quick: {
    warmUpMs: 20,
    roundMs: 5,
    warmUpEvents: 200,
    events: 2_000,
    pacedEvents: 10,
    stallMs: 50,
    uploadBytes: 2 ** 20,
  },
};

/**
 * Warms up for a while, as compiled code is what counts, and finds how many calls a round needs to last long enough.
 */
async function calibrate(client, scale, details) {
  const { concurrency = 1 } = details;
  const ask = (count) => client.ask("calls", { ...details, count });
  const end = performance.now() + scale.warmUpMs;
  let { us } = await ask(2 * concurrency);
  do {
    const count = Math.ceil(Math.min(2_000, (scale.warmUpMs * 200) / us));
    ({ us } = await ask(Math.max(count, concurrency)));
  } while (performance.now() < end);
  return Math.max(2, 4 * (concurrency - 1), Math.min(4_000, Math.round((scale.roundMs * 1_000) / us)));
}

/** A section of calls, so large and so many at a time. */
const calls = (details) => ({
  metrics: [MICROS, CPU],
  prepare: (client, { scale }) => calibrate(client, scale, details),
  measure: (client, _context, count) => client.ask("calls", { ...details, count }),
});

const stream = (framing) => ({
  group: "sse",
  rows: ["undici", "limit", "fetch", "dify-client", ...OURS],
  rounds: 5,
  metrics: [EVENT_MICROS, EVENT_CPU],
  prepare: (client, { scale }) => client.ask("stream", { events: scale.warmUpEvents, framing }),
  measure: (client, { scale }) => client.ask("stream", { events: scale.events, framing }),
});

const upload = (protocol) => ({
  group: "upload",
  rows: BOTH_KINDS,
  rounds: 5,
  fresh: true,
  protocol,
  metrics: [
    { key: "seconds", label: "s", ratio: true },
    { key: "cpu", label: "CPU s", ratio: true },
    { key: "grownMb", label: "memory grows by, MB" },
  ],
  prepare: (client) => client.ask("first"),
  measure: (client, { file }) => client.ask("upload", file()),
});

/** All sections, in the order of the tables. A group is what `--only` takes. */
export const SECTIONS = [
  {
    id: "calls",
    group: "calls",
    title: "Calls, one after the other (answers of 1 KB)",
    rows: ["undici", "fetch", "dify-client", "dify-dual-async"],
    rounds: 11,
    ...calls({ concurrency: 1 }),
  },
  ...[16, 64].map((concurrency) => ({
    id: `concurrency-${concurrency}`,
    group: "concurrency",
    title: `Calls, ${concurrency} at a time (answers of 1 KB)`,
    rows: ["undici", "fetch", "dify-client", "dify-dual-async"],
    rounds: 9,
    ...calls({ concurrency }),
  })),
  {
    id: "answers-100k",
    group: "answers",
    title: "Answers of 100 KB",
    rows: [...BOTH_KINDS, "synckit"],
    rounds: 9,
    ...calls({ bytes: 100 * 1_024 }),
  },
  {
    id: "answers-5m",
    group: "answers",
    title: "Answers of 5 MB",
    rows: [...BOTH_KINDS, "synckit"],
    rounds: 9,
    ...calls({ bytes: 5 * 2 ** 20 }),
  },
  { id: "sse-mtu", title: "Streams at full speed, cut into packets of 1,400 bytes", ...stream("mtu") },
  { id: "sse-event", title: "Streams at full speed, one HTTP chunk an event", ...stream("event") },
  {
    id: "latency",
    group: "latency",
    title: "Streams with an event each 5 ms: from the writing of an event to its delivery",
    rows: BOTH_KINDS,
    rounds: 5,
    metrics: [
      { key: "p50", label: "median µs", ratio: true },
      { key: "p99", label: "99th percentile µs", ratio: true },
    ],
    prepare: (client) => client.ask("latency", { events: 20, paceMs: 1 }),
    measure: (client, { scale }) => client.ask("latency", { events: scale.pacedEvents, paceMs: 5 }),
  },
  { id: "upload-http", title: "Upload of 256 MiB from disk, HTTP, a new process each", ...upload("http") },
  { id: "upload-https", title: "Upload of 256 MiB from disk, HTTPS, a new process each", ...upload("https") },
  {
    id: "sync",
    group: "sync",
    title: "Blocking calls (answers of 1 KB), beside awaited ones of undici",
    rows: ["undici", "synckit", "sync-rpc", "dify-dual-sync", "dify-dual-process"],
    rounds: 9,
    ...calls({ concurrency: 1 }),
    metrics: [{ ...MICROS, added: true }],
  },
  {
    id: "start",
    group: "start",
    title: "Start: a new process loads the client and makes its first call",
    rows: [...BOTH_KINDS, "synckit", "sync-rpc"],
    rounds: 7,
    fresh: true,
    metrics: [
      { key: "importMs", label: "import, ms", ratio: true },
      { key: "firstMs", label: "first call, ms", ratio: true },
      { key: "totalMs", label: "both, ms", ratio: true },
    ],
    async measure(client, { opened }) {
      const { firstMs } = await client.ask("first");
      return { ...opened, firstMs, totalMs: opened.importMs + firstMs };
    },
  },
  {
    id: "memory-stream",
    group: "memory",
    title: "Memory over a stream of 200,000 events",
    rows: BOTH_KINDS,
    rounds: 3,
    fresh: true,
    metrics: [
      { key: "peakMb", label: "at the peak, MB" },
      { key: "keptMb", label: "kept after it, MB" },
    ],
    prepare: (client, { scale }) => client.ask("stream", { events: scale.events, framing: "mtu" }),
    measure: (client, { scale }) => client.ask("stream", { events: scale.events, framing: "mtu" }),
  },
  {
    id: "memory-stalled",
    group: "memory",
    title: "Memory while the reader of a stream of 200,000 events stops for half a second",
    rows: BOTH_KINDS,
    rounds: 3,
    fresh: true,
    metrics: [
      { key: "grownMb", label: "grows by, MB" },
      { key: "heldMb", label: "holds, MB" },
    ],
    // No more than loads everything: a process that has read much has room for more without growing.
    prepare: (client) => client.ask("stream", { events: 200, framing: "mtu" }),
    measure: (client, { scale }) => client.ask("stall", { events: scale.events, stallMs: scale.stallMs }),
  },
  {
    id: "memory-idle",
    group: "memory",
    title: "Memory of an idle client, and the end of a program that does not close it",
    rows: [
      "undici",
      "fetch",
      "synckit",
      ...OURS.flatMap((adapter) => [
        { name: `${adapter}, unused`, adapter, unused: true },
        { name: adapter, adapter },
      ]),
    ],
    rounds: 5,
    fresh: true,
    metrics: [
      { key: "rssMb", label: "takes, MB" },
      { key: "exitMs", label: "process ends after, ms" },
      { key: "stuck", label: "stuck (1 is yes)" },
    ],
    beforeOpening: (client) => client.ask("resident"),
    async measure(client, { before }, _plan, row) {
      if (!row.unused) await client.ask("first");
      const { rssMb } = await client.ask("idle", { before: before.rssMb });
      return { rssMb, ...(await client.end()) };
    },
  },
];

export const GROUPS = [...new Set(SECTIONS.map(({ group }) => group))];
