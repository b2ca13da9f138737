import {
  AsyncChatClient,
  AsyncCompletionClient,
  AsyncWorkflowClient,
  ChatClient,
  CompletionClient,
  TimeoutError,
  WorkflowClient,
} from "../dist/index.js";
import { type ServerProcess, startServer } from "./support/child";

// The server writes an event only when the reader has confirmed the one before. Were a stream given at its end, or
// an event held back until the next one comes, nothing would be confirmed and nothing more written: the reader's
// time-out would end the test.
const EVENTS = 6;
const LIMIT = 10_000;

let server: ServerProcess;
let count = 0;
const nextName = () => `stream-${++count}`;

beforeAll(async () => {
  server = await startServer("ordered.js");
});

afterAll(() => server.close());

const confirmation = (name: string, n: number) => ({ message_id: `${name}~${n}`, user: name });
const inTurn = (until: number) =>
  Array.from({ length: until }, (_, n) => [`wrote ${n}`, `confirmed ${n}`]).flat();
const numbers = (until: number) => Array.from({ length: until }, (_, n) => n);
const logOf = (response: { json(): unknown }) => (response.json() as { log: string[] }).log;
const numberOf = (event: unknown) => (event as { n: number }).n;
const numberIn = (line: string) => numberOf(JSON.parse(line.slice("data:".length)));

interface Inputs {
  endless?: boolean;
  silent?: boolean;
  half?: boolean;
  size?: number;
}

const ask = (name: string, inputs: Inputs = {}) =>
  ({ inputs: { ...inputs }, query: "Hello", user: name, response_mode: "streaming" }) as const;

describe("async: an event arrives before the next one is written", () => {
  const options = () => ({ baseUrl: server.baseUrl, proxy: null, timeout: LIMIT, maxRetries: 0 });
  let client: AsyncChatClient;
  let completion: AsyncCompletionClient;
  let workflow: AsyncWorkflowClient;
  beforeAll(() => {
    client = new AsyncChatClient("app-key", options());
    completion = new AsyncCompletionClient("app-key", options());
    workflow = new AsyncWorkflowClient("app-key", options());
  });
  afterAll(() => Promise.all([client.aclose(), completion.aclose(), workflow.aclose()]));

  const kinds = {
    chat: (name: string, inputs?: Inputs) => client.createChatMessage(ask(name, inputs)),
    completion: async (name: string, inputs?: Inputs) => {
      const { query: _, ...args } = ask(name, inputs);
      return completion.createCompletionMessage(args);
    },
    workflow: async (name: string, inputs?: Inputs) => {
      const { query: _, ...args } = ask(name, inputs);
      return workflow.run(args);
    },
  };

  test.each(["chat", "completion", "workflow"] as const)("%s, by events", async (kind) => {
    const name = nextName();
    const read: number[] = [];
    for await (const event of await kinds[kind](name)) {
      read.push(numberOf(event));
      await client.getSuggested(confirmation(name, numberOf(event)));
    }
    expect(read).toEqual(numbers(EVENTS));
    expect(logOf(await client.getMeta({ user: name }))).toEqual([...inTurn(EVENTS), "ended"]);
  });

  test("by lines: each of an event's lines is there, the empty one too", async () => {
    const name = nextName();
    const read: string[] = [];
    const stream = await kinds.chat(name);
    for await (const line of stream.aiterLines()) {
      read.push(line === "" ? "" : String(numberIn(line)));
      if (line === "") await client.getSuggested(confirmation(name, Number(read.at(-2))));
    }
    expect(read).toEqual(numbers(EVENTS).flatMap((n) => [String(n), ""]));
    expect(logOf(await client.getMeta({ user: name }))).toEqual([...inTurn(EVENTS), "ended"]);
  });

  test("for events of 300 kB", async () => {
    const name = nextName();
    const read: number[] = [];
    for await (const event of await kinds.chat(name, { size: 300_000 })) {
      read.push(numberOf(event));
      await client.getSuggested(confirmation(name, numberOf(event)));
    }
    expect(read).toEqual(numbers(EVENTS));
  });

  test("for two streams that are read in turn", async () => {
    const names = [nextName(), nextName()];
    const streams = await Promise.all(names.map((name) => kinds.chat(name)));
    const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
    for (const n of numbers(EVENTS)) {
      for (const [i, iterator] of iterators.entries()) {
        expect(numberOf((await iterator.next()).value)).toBe(n);
        await client.getSuggested(confirmation(names[i] as string, n));
      }
    }
    for (const iterator of iterators) expect((await iterator.next()).done).toBe(true);
  });

  test("the call gives the stream when the headers are here, before any event", async () => {
    const name = nextName();
    const stream = await kinds.chat(name, { silent: true });
    const first = stream[Symbol.asyncIterator]().next();
    // On this request, and not before, the server writes its first event, number 1.
    await client.getSuggested(confirmation(name, 0));
    expect(numberOf((await first).value)).toBe(1);
    stream.close();
    expect(logOf(await client.getMeta({ user: name }))).toEqual([
      "confirmed 0",
      "wrote 1",
      "closed by the reader",
    ]);
  });

  test("break closes the connection, which the server would have kept", async () => {
    const name = nextName();
    for await (const event of await kinds.chat(name, { endless: true })) {
      if (numberOf(event) === 2) break;
      await client.getSuggested(confirmation(name, numberOf(event)));
    }
    // Answered when the server has seen the stream's connection close.
    expect(logOf(await client.getMeta({ user: name }))).toEqual([
      ...inTurn(2),
      "wrote 2",
      "closed by the reader",
    ]);
  });

  test("close() within the loop ends it: half an event behind the last one is no error then", async () => {
    const name = nextName();
    const read: number[] = [];
    const stream = await kinds.chat(name, { half: true });
    for await (const event of stream) {
      read.push(numberOf(event));
      stream.close();
    }
    expect(read).toEqual([0]);
    expect(logOf(await client.getMeta({ user: name }))).toEqual(["wrote 0", "closed by the reader"]);
  });

  test("an event that nobody confirms is followed by none: the server is as strict as it claims", async () => {
    const name = nextName();
    const stream = await client.createChatMessage(ask(name), { timeout: 300 });
    const read: number[] = [];
    const reading = (async () => {
      for await (const event of stream) read.push(numberOf(event));
    })();
    await expect(reading).rejects.toBeInstanceOf(TimeoutError);
    expect(read).toEqual([0]);
  });
});

describe.each(["worker", "process"] as const)(
  "sync over the %s bridge: an event arrives before the next one is written",
  (bridge) => {
    const options = () => ({ baseUrl: server.baseUrl, proxy: null, timeout: LIMIT, maxRetries: 0, bridge });
    let client: ChatClient;
    let completion: CompletionClient;
    let workflow: WorkflowClient;
    beforeAll(() => {
      client = new ChatClient("app-key", options());
      completion = new CompletionClient("app-key", options());
      workflow = new WorkflowClient("app-key", options());
    });
    afterAll(() => {
      for (const one of [client, completion, workflow]) one.close();
    });

    const kinds = {
      chat: (name: string, inputs?: Inputs) => client.createChatMessage(ask(name, inputs)),
      completion: (name: string, inputs?: Inputs) => {
        const { query: _, ...args } = ask(name, inputs);
        return completion.createCompletionMessage(args);
      },
      workflow: (name: string, inputs?: Inputs) => {
        const { query: _, ...args } = ask(name, inputs);
        return workflow.run(args);
      },
    };

    test.each(["chat", "completion", "workflow"] as const)("%s, by events", (kind) => {
      const name = nextName();
      const read: number[] = [];
      for (const event of kinds[kind](name)) {
        read.push(numberOf(event));
        client.getSuggested(confirmation(name, numberOf(event)));
      }
      expect(read).toEqual(numbers(EVENTS));
      expect(logOf(client.getMeta({ user: name }))).toEqual([...inTurn(EVENTS), "ended"]);
    });

    test("by lines: each of an event's lines is there, the empty one too", () => {
      const name = nextName();
      const read: string[] = [];
      for (const line of kinds.chat(name).iterLines({ decodeUnicode: true })) {
        read.push(line === "" ? "" : String(numberIn(line)));
        if (line === "") client.getSuggested(confirmation(name, Number(read.at(-2))));
      }
      expect(read).toEqual(numbers(EVENTS).flatMap((n) => [String(n), ""]));
      expect(logOf(client.getMeta({ user: name }))).toEqual([...inTurn(EVENTS), "ended"]);
    });

    test("for events of 300 kB", () => {
      const name = nextName();
      const read: number[] = [];
      for (const event of kinds.chat(name, { size: 300_000 })) {
        read.push(numberOf(event));
        client.getSuggested(confirmation(name, numberOf(event)));
      }
      expect(read).toEqual(numbers(EVENTS));
    });

    test("for two streams that are read in turn", () => {
      const names = [nextName(), nextName()];
      const iterators = names.map((name) => kinds.chat(name)[Symbol.iterator]());
      for (const n of numbers(EVENTS)) {
        for (const [i, iterator] of iterators.entries()) {
          expect(numberOf(iterator.next().value)).toBe(n);
          client.getSuggested(confirmation(names[i] as string, n));
        }
      }
      for (const iterator of iterators) expect(iterator.next().done).toBe(true);
    });

    test("the call gives the stream when the headers are here, before any event", () => {
      const name = nextName();
      const stream = kinds.chat(name, { silent: true });
      // On this request, and not before, the server writes its first event, number 1.
      client.getSuggested(confirmation(name, 0));
      const iterator = stream[Symbol.iterator]();
      expect(numberOf(iterator.next().value)).toBe(1);
      stream.close();
      expect(logOf(client.getMeta({ user: name }))).toEqual([
        "confirmed 0",
        "wrote 1",
        "closed by the reader",
      ]);
    });

    test("break closes the connection, which the server would have kept", () => {
      const name = nextName();
      for (const event of kinds.chat(name, { endless: true })) {
        if (numberOf(event) === 2) break;
        client.getSuggested(confirmation(name, numberOf(event)));
      }
      expect(logOf(client.getMeta({ user: name }))).toEqual([
        ...inTurn(2),
        "wrote 2",
        "closed by the reader",
      ]);
    });

    test("throw out of the loop closes it as well", () => {
      const name = nextName();
      const read = () => {
        for (const _ of kinds.chat(name, { endless: true })) throw new Error("mine");
      };
      expect(read).toThrow("mine");
      expect(logOf(client.getMeta({ user: name }))).toEqual(["wrote 0", "closed by the reader"]);
    });

    test("close() within the loop ends it: half an event behind the last one is no error then", () => {
      const name = nextName();
      const read: number[] = [];
      const stream = kinds.chat(name, { half: true });
      for (const event of stream) {
        read.push(numberOf(event));
        stream.close();
      }
      expect(read).toEqual([0]);
      expect(logOf(client.getMeta({ user: name }))).toEqual(["wrote 0", "closed by the reader"]);
    });

    test("an event that nobody confirms is followed by none: the server is as strict as it claims", () => {
      const name = nextName();
      const stream = client.createChatMessage(ask(name), { timeout: 300 });
      const read: number[] = [];
      expect(() => {
        for (const event of stream) read.push(numberOf(event));
      }).toThrow(TimeoutError);
      expect(read).toEqual([0]);
    });
  },
);
