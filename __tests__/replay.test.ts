import {
  AsyncChatClient,
  AsyncCompletionClient,
  AsyncWorkflowClient,
  ChatClient,
  CompletionClient,
  StreamError,
  WorkflowClient,
} from "../index";
import { EventReader } from "../lib/stream/event-reader";
import { type ServerProcess, startServer } from "./support/child";
import { type RecordedStream, recordedStreams, seeded } from "./support/recordings";

let server: ServerProcess;
const streams = recordedStreams();

beforeAll(async () => {
  server = await startServer("replay.js");
  for (const { body } of streams) await server.tell(body.toString());
});

afterAll(() => server.close());

type Kind = "chat" | "completion" | "workflow";
type How = "events" | "lines";

/** Which client reads a stream: the one that asked for it, or for a rejoined run the one of its app. */
function kindOf({ path, events }: RecordedStream): Kind {
  if (path === "/v1/chat-messages" || events.some((event) => "conversation_id" in event)) return "chat";
  return path === "/v1/completion-messages" ? "completion" : "workflow";
}

/** `gap`: milliseconds between two pieces. */
const ask = (n: number, cuts: number[], gap: number) =>
  ({ inputs: {}, user: [n, gap, ...cuts].join(" "), response_mode: "streaming" }) as const;

interface Read {
  items: unknown[];
  error: unknown;
}

/** Many streams are compared as text, which is cheap; what differs is shown by jest. */
function check(n: number, how: How, { items, error }: Read, cuts: number[]): void {
  const stream = streams[n] as RecordedStream;
  const isSame = JSON.stringify(items) === expectedText[how][n];
  const hasFailed = error instanceof StreamError;
  if (isSame && hasFailed === (stream.failure !== undefined) && (hasFailed || error === null)) return;
  const { name, failure } = stream;
  expect({ name, cuts, items, error }).toEqual({
    name,
    cuts,
    items: stream[how],
    error: failure ? expect.any(StreamError) : null,
  });
  throw new Error(`${name}, cut at ${cuts}: the same, but for the order of keys`);
}
const expectedText: Record<How, string[]> = {
  events: streams.map(({ events }) => JSON.stringify(events)),
  lines: streams.map(({ lines }) => JSON.stringify(lines)),
};

/** The streams that are cut at every byte: a whole one of each kind, by the beginning of its name. */
const everyByte: [string, string][] = [
  ["chat", "chat/chat-app.json [10]"],
  ["chatflow", "chat/chatflow-llm-model-error.json [0]"],
  ["completion", "completion/completion.json [0]"],
  ["workflow", "workflows/stop.json [1]"],
];
const indexOf = (name: string) => {
  const n = streams.findIndex((stream) => stream.name.startsWith(name));
  if (n === -1) throw new Error(`${name} is gone`);
  return n;
};

/** Every place where a cut makes two pieces. */
const everyCut = (n: number) =>
  Array.from({ length: (streams[n] as RecordedStream).body.length - 1 }, (_, at) => at + 1);

function randomCuts(n: number, rounds: number): number[][] {
  const random = seeded(n);
  const { length } = (streams[n] as RecordedStream).body;
  return Array.from({ length: rounds }, () =>
    Array.from({ length: 1 + Math.floor(random() * 30) }, () => Math.floor(random() * (length + 1))).sort(
      (a, b) => a - b,
    ),
  );
}

/**
 * What is cut on the way may be put together again before it is parsed. So each first piece that the parser gets is
 * noted, and the cuts that were not met are tried again, with a longer gap, until every one has been.
 */
async function meetEveryCut(n: number, gaps: number[], replayAll: (cuts: number[], gap: number) => unknown) {
  const met = new Set<number>();
  const begun = new WeakSet<object>();
  const { push } = EventReader.prototype;
  EventReader.prototype.push = function (bytes) {
    if (!begun.has(this)) {
      begun.add(this);
      met.add(bytes.length);
    }
    push.call(this, bytes);
  };
  let left = everyCut(n);
  try {
    for (const gap of gaps) {
      await replayAll(left, gap);
      left = left.filter((at) => !met.has(at));
      if (left.length === 0) break;
    }
  } finally {
    EventReader.prototype.push = push;
  }
  expect(left).toEqual([]);
}

const LONGER_GAPS = [1, 2, 5, 10, 20, 50, 100];

describe("async", () => {
  const clients = () => {
    const options = { baseUrl: server.baseUrl, proxy: null };
    return {
      chat: new AsyncChatClient("app-key", options),
      completion: new AsyncCompletionClient("app-key", options),
      workflow: new AsyncWorkflowClient("app-key", options),
    };
  };
  let { chat, completion, workflow } = {} as ReturnType<typeof clients>;
  beforeAll(() => {
    ({ chat, completion, workflow } = clients());
  });
  afterAll(() => Promise.all([chat.aclose(), completion.aclose(), workflow.aclose()]));

  const kinds = {
    chat: (args: ReturnType<typeof ask>) => chat.createChatMessage({ ...args, query: "" }),
    completion: (args: ReturnType<typeof ask>) => completion.createCompletionMessage(args),
    workflow: (args: ReturnType<typeof ask>) => workflow.run(args),
  };

  async function replay(n: number, how: How, cuts: number[], gap: number): Promise<void> {
    const stream = await kinds[kindOf(streams[n] as RecordedStream)](ask(n, cuts, gap));
    const read: Read = { items: [], error: null };
    try {
      const source: AsyncIterable<unknown> = how === "events" ? stream : stream.aiterLines();
      for await (const item of source) read.items.push(item);
    } catch (error) {
      read.error = error;
    }
    check(n, how, read, cuts);
  }

  /** Some at a time, so that both processes have something to do. */
  async function replayAll(n: number, how: How, all: number[][], gap = 0): Promise<void> {
    const rest = all.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const cuts of rest) await replay(n, how, cuts, gap);
      }),
    );
  }

  test.each(everyByte)("%s: cut at every byte, the same events and lines", async (_kind, name) => {
    const n = indexOf(name);
    const each = (cuts: number[]) => cuts.map((at) => [at]);
    await meetEveryCut(n, [0, ...LONGER_GAPS], (cuts, gap) => replayAll(n, "events", each(cuts), gap));
    await replayAll(n, "lines", each(everyCut(n).filter((at) => at % 4 === 0)));
  });

  test("every stream, at random cuts: the same events and lines", async () => {
    for (const n of streams.keys()) {
      await replayAll(n, "events", [[], ...randomCuts(n, 8)]);
      await replayAll(n, "lines", [[], ...randomCuts(n, 8)]);
    }
  });
});

describe("sync", () => {
  const clients = (bridge: "worker" | "process") => {
    const options = { baseUrl: server.baseUrl, proxy: null, bridge };
    return {
      chat: new ChatClient("app-key", options),
      completion: new CompletionClient("app-key", options),
      workflow: new WorkflowClient("app-key", options),
    };
  };
  type Clients = ReturnType<typeof clients>;
  const made: Clients[] = [];
  const make = (bridge: "worker" | "process") => {
    const some = clients(bridge);
    made.push(some);
    return some;
  };
  afterAll(() => {
    for (const { chat, completion, workflow } of made)
      for (const one of [chat, completion, workflow]) one.close();
  });

  function replay(
    { chat, completion, workflow }: Clients,
    n: number,
    how: How,
    cuts: number[],
    gap = 0,
  ): void {
    const args = ask(n, cuts, gap);
    const kinds = {
      chat: () => chat.createChatMessage({ ...args, query: "" }),
      completion: () => completion.createCompletionMessage(args),
      workflow: () => workflow.run(args),
    };
    const stream = kinds[kindOf(streams[n] as RecordedStream)]();
    const read: Read = { items: [], error: null };
    try {
      const source: Iterable<unknown> = how === "events" ? stream : stream.iterLines();
      for (const item of source) read.items.push(item);
    } catch (error) {
      read.error = error;
    }
    check(n, how, read, cuts);
  }

  test.each(everyByte)("%s: cut at every byte, the same events and lines", async (_kind, name) => {
    const some = make("worker");
    const n = indexOf(name);
    await meetEveryCut(n, [0.2, ...LONGER_GAPS], (cuts, gap) => {
      for (const at of cuts) replay(some, n, "events", [at], gap);
    });
    for (const at of everyCut(n)) if (at % 4 === 0) replay(some, n, "lines", [at]);
  });

  test("every stream, at random cuts: the same events and lines", () => {
    const some = make("worker");
    for (const n of streams.keys()) {
      for (const how of ["events", "lines"] as const) {
        for (const cuts of [[], ...randomCuts(n, 8)]) replay(some, n, how, cuts);
      }
    }
  });

  test.each(everyByte)(
    "%s over the process bridge, at random cuts: the same events and lines",
    (_kind, name) => {
      const some = make("process");
      const n = indexOf(name);
      for (const how of ["events", "lines"] as const) {
        for (const cuts of randomCuts(n, 2)) replay(some, n, how, cuts);
      }
    },
  );
});
