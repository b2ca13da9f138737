import { StringDecoder } from "node:string_decoder";
import fc from "fast-check";
import { StreamError } from "../lib/errors";
import { Batch } from "../lib/stream/batch";
import { ByteQueue } from "../lib/stream/byte-queue";
import { DONE, EventReader, NEED, type Unit } from "../lib/stream/event-reader";
import { LineSplitter } from "../lib/stream/line-splitter";
import { cutAtRandom, recordedStreams, seeded } from "./support/recordings";

interface Outcome<T> {
  items: T[];
  error: unknown;
}

/** Reads as both families' streams do: takes all there is, then pushes the next piece. */
function readAll<T>(pieces: Iterable<Buffer>, unit: Unit, end?: Error): Outcome<T> {
  const reader = new EventReader<unknown>("createChatMessage");
  const items: T[] = [];
  const batch = new Batch<T>(reader, unit);
  const drain = () => {
    for (;;) {
      const item = batch.next();
      if (item === NEED || item === DONE) return item;
      items.push(item as T);
    }
  };
  try {
    for (const piece of pieces) {
      reader.push(piece);
      if (drain() === DONE) throw new Error("done before the end");
    }
    reader.end(end);
    if (drain() !== DONE) throw new Error("not done at the end");
    return { items, error: null };
  } catch (error) {
    return { items, error };
  }
}

const readEvents = (pieces: Iterable<Buffer>, end?: Error) =>
  readAll<Record<string, unknown>>(pieces, "events", end);
const readLines = (pieces: Iterable<Buffer>, end?: Error) => readAll<string>(pieces, "lines", end);

const bytes = (text: string) => Buffer.from(text, "utf8");

/** Every byte a piece of its own. */
function* crumbs(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at++) yield body.subarray(at, at + 1);
}

function* pieces(body: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

const message = (answer: string) => ({ event: "message", answer });
const framed = (...events: unknown[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

describe("the recorded streams", () => {
  const streams = recordedStreams();

  test("are there, of all kinds", () => {
    expect(streams.length).toBeGreaterThan(60);
    const names = new Set(streams.flatMap(({ events }) => events.map(({ event }) => event)));
    for (const name of [
      "message",
      "workflow_finished",
      "text_chunk",
      "agent_thought",
      "error",
      "loop_next",
    ]) {
      expect(names).toContain(name);
    }
  });

  interface Expected {
    name: string;
    events: unknown[];
    lines: string[];
    failure: unknown;
  }

  /** Many cuts are compared with what is expected: as text, which is cheap; what differs is shown by jest. */
  function checker({ name, events, lines, failure }: Expected): (cut: Buffer[], how: string) => void {
    const eventsText = JSON.stringify(events);
    const linesText = lines.join("\n");
    const fails = failure !== undefined;
    return (cut, how) => {
      const readE = readEvents(cut);
      const readL = readLines(cut);
      const isSame =
        JSON.stringify(readE.items) === eventsText &&
        readL.items.length === lines.length &&
        readL.items.join("\n") === linesText &&
        readE.error instanceof StreamError === fails &&
        readL.error instanceof StreamError === fails &&
        (fails || (readE.error === null && readL.error === null));
      if (isSame) return;
      const error = fails ? expect.any(StreamError) : null;
      expect({ name, how, events: readE, lines: readL }).toEqual({
        name,
        how,
        events: { items: events, error },
        lines: { items: lines, error },
      });
      throw new Error(`${name}: ${how}: the same, but for the order of keys`);
    };
  }

  test("give their events and lines as they were sent, and byte by byte", () => {
    for (const stream of streams) {
      const check = checker(stream);
      check(stream.chunks, "as sent");
      check([stream.body], "in one piece");
      check([...crumbs(stream.body)], "byte by byte");
    }
  });

  test("give their events and lines whatever the random cuts", () => {
    for (const [seed, stream] of streams.entries()) {
      const check = checker(stream);
      const random = seeded(seed);
      for (let round = 0; round < 20; round++) {
        const count = 1 + Math.floor(random() * 40);
        check(cutAtRandom(stream.body, count, random), `seed ${seed}, round ${round}`);
      }
    }
  });

  test("give their events and lines wherever the one cut is: a stream of each kind as a whole", () => {
    const kinds = [
      "chat/chat-app.json [10]",
      "chat/chatflow-llm-model-error.json [0]",
      "completion/completion.json [0]",
      "workflows/failed-node.json [0]",
    ];
    for (const kind of kinds) {
      const stream = streams.find(({ name }) => name.startsWith(kind));
      if (!stream) throw new Error(`${kind} is gone`);
      const check = checker(stream);
      for (let at = 0; at <= stream.body.length; at++) {
        check([stream.body.subarray(0, at), stream.body.subarray(at)], `cut at ${at}`);
      }
    }
  });

  test("give their events and lines wherever the one cut is: every event of every stream, another behind it", () => {
    const next = framed(message("next"));
    let cuts = 0;
    for (const { name, chunks } of streams) {
      for (const [i, chunk] of chunks.entries()) {
        const text = chunk.toString();
        const events: unknown[] = text === "event: ping\n\n" ? [] : [JSON.parse(text.slice(6))];
        const failure =
          (events[0] as { event?: string } | undefined)?.event === "error" ? events[0] : undefined;
        const lines = [text.slice(0, -2)];
        if (!failure) {
          events.push(message("next"));
          lines.push("", next.slice(0, -2), "");
        }
        const check = checker({ name, events, lines, failure });
        const body = Buffer.concat([chunk, bytes(next)]);
        for (let at = 0; at <= chunk.length; at++) {
          check([body.subarray(0, at), body.subarray(at)], `event ${i}, cut at ${at}`);
          cuts++;
        }
      }
    }
    expect(cuts).toBeGreaterThan(500_000);
  });
});

describe("lines", () => {
  const lineEnds: [string, string][] = [
    ["LF", "\n"],
    ["CR", "\r"],
    ["CRLF", "\r\n"],
  ];

  test.each(lineEnds)("end with %s, cut anywhere", (_name, end) => {
    const body = bytes(
      ["event: ping", "", 'data: {"event":"message","answer":"é"}', "", ": x", "", ""].join(end),
    );
    const lines = ["event: ping", "", 'data: {"event":"message","answer":"é"}', "", ": x", ""];
    for (let at = 0; at <= body.length; at++) {
      const cut = [body.subarray(0, at), body.subarray(at)];
      expect(readLines(cut)).toEqual({ items: lines, error: null });
      expect(readEvents(cut)).toEqual({ items: [message("é")], error: null });
    }
    expect(readLines(crumbs(body)).items).toEqual(lines);
  });

  test("may have different ends in one stream", () => {
    const body = bytes("a\rb\nc\r\nd\r\r\ne\n\rf\n\n");
    const lines = ["a", "b", "c", "d", "", "e", "", "f", ""];
    for (let at = 0; at <= body.length; at++) {
      expect(readLines([body.subarray(0, at), body.subarray(at)]).items).toEqual(lines);
    }
    expect(readLines(crumbs(body)).items).toEqual(lines);
  });

  test("that end with CR are given before it is known whether LF follows", () => {
    const reader = new EventReader("x");
    reader.push(bytes("data: 1\r"));
    const lines: string[] = [];
    expect(reader.readLines(lines)).toBe(NEED);
    expect(lines).toEqual(["data: 1"]);
    reader.push(bytes("\ndata: 2\r"));
    expect(reader.readLines(lines)).toBe(NEED);
    expect(lines).toEqual(["data: 1", "data: 2"]);
  });

  test("do not end at U+2028, U+2029, U+0085, form feed, tab or NUL", () => {
    const text = "a\u2028b\u2029c\u0085d\fe\vf\tg\0h";
    expect(readLines([bytes(`${text}\n`)]).items).toEqual([text]);
    // Unescaped in the JSON text, as Dify sends them.
    const said = "\u2028\u2029\u0085";
    expect(readEvents(crumbs(bytes(`data: {"event":"message","answer":"${said}"}\n\n`))).items).toEqual([
      message(said),
    ]);
  });

  test("are given without the byte order mark at the beginning, and with any that comes later", () => {
    for (const body of [bytes("\ufeffdata: 1\n\ufeffdata: 2\n"), bytes("\ufeff\ufeff1\n")]) {
      const expected = body.length > 10 ? ["data: 1", "\ufeffdata: 2"] : ["\ufeff1"];
      for (let at = 0; at <= body.length; at++) {
        expect(readLines([body.subarray(0, at), body.subarray(at)]).items).toEqual(expected);
      }
    }
  });

  test("a last line without an end is a line when the body ends cleanly", () => {
    expect(readLines([bytes("a\nb")])).toEqual({ items: ["a", "b"], error: null });
  });

  test("half a line is no line when the connection breaks: a port would parse it", () => {
    const broken = new StreamError("broken");
    expect(readLines([bytes('data: {"event":"message"}\n\ndata: {"eve')], broken)).toEqual({
      items: ['data: {"event":"message"}', ""],
      error: broken,
    });
  });

  test("nothing at all has no lines", () => {
    expect(readLines([])).toEqual({ items: [], error: null });
    expect(readLines([bytes("")])).toEqual({ items: [], error: null });
    expect(readLines([bytes("\ufeff")])).toEqual({ items: [], error: null });
  });
});

describe("text", () => {
  const answer = "aé€𝄞😀👩‍👩‍👧\u2028z";

  test("of two, three and four bytes may be cut anywhere", () => {
    const body = bytes(framed(message(answer), message(answer)));
    for (let at = 0; at <= body.length; at++) {
      expect(readEvents([body.subarray(0, at), body.subarray(at)]).items).toEqual([
        message(answer),
        message(answer),
      ]);
    }
    for (const size of [1, 2, 3, 5, 7]) {
      expect(readEvents(pieces(body, size)).items).toEqual([message(answer), message(answer)]);
    }
  });

  test("that is no UTF-8 becomes U+FFFD, the same wherever it is cut, and harms nothing else", () => {
    const broken = [
      [0xff],
      [0xc3],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
      [0xed, 0xa0, 0x80],
      [0xc0, 0xaf],
      [0xf5, 0x80, 0x80, 0x80],
      [0x80, 0x80],
    ];
    for (const wrong of broken) {
      const body = Buffer.concat([
        bytes('data: {"event":"message","answer":"a'),
        Buffer.from(wrong),
        bytes('b"}\n\n'),
        bytes(framed(message("c"))),
      ]);
      const expected = [
        JSON.parse(new TextDecoder().decode(body).split("\n")[0]?.slice(6) ?? ""),
        message("c"),
      ];
      expect(expected[0].answer).toMatch(/^a\ufffd+b$/);
      for (let at = 0; at <= body.length; at++) {
        expect(readEvents([body.subarray(0, at), body.subarray(at)])).toEqual({
          items: expected,
          error: null,
        });
      }
      expect(readEvents(crumbs(body)).items).toEqual(expected);
    }
  });

  test("that breaks off within a character is ended by U+FFFD", () => {
    expect(readLines([Buffer.from([0x61, 0xe2, 0x82])]).items).toEqual(["a\ufffd"]);
  });
});

describe("events", () => {
  test("are those with data: comments, pings, ids, retries and unknown fields are passed over", () => {
    const body = [
      ": a comment",
      "",
      "event: ping",
      "",
      ":",
      "id: 7",
      "retry: 10",
      "event: message",
      `data: ${JSON.stringify(message("a"))}`,
      ": within an event",
      "colour: red",
      "",
      'data: {"event":"ping"}',
      "",
      "dataset: no",
      "data",
      "",
      "data:",
      "",
      "",
      `data:${JSON.stringify(message("b"))}`,
      "",
      " data: no",
      "",
    ].join("\n");
    expect(readEvents([bytes(`${body}\n`)])).toEqual({ items: [message("a"), message("b")], error: null });
    expect(readEvents(crumbs(bytes(`${body}\n`))).items).toEqual([message("a"), message("b")]);
  });

  test("may have their data in many lines", () => {
    const body = 'data: {"event":\ndata:"message",\ndata\ndata: \ndata:  "answer":"a"}\n\n';
    expect(readEvents([bytes(body)])).toEqual({ items: [message("a")], error: null });
    expect(readEvents(crumbs(bytes(body))).items).toEqual([message("a")]);
  });

  test("with unknown names pass through", () => {
    expect(readEvents([bytes(framed({ event: "from_the_future", x: [1] }, { no: "name" }))]).items).toEqual([
      { event: "from_the_future", x: [1] },
      { no: "name" },
    ]);
  });

  test("need no empty line behind them when the body ends cleanly", () => {
    expect(readEvents([bytes('data: {"event":"message","answer":"a"}')]).items).toEqual([message("a")]);
    expect(readEvents([bytes('data: {"event":"message","answer":"a"}\n')]).items).toEqual([message("a")]);
  });

  test("are not made of half a one when the connection breaks", () => {
    const broken = new StreamError("broken");
    for (const half of ['data: {"event":"message"}', 'data: {"event":"message"}\n', 'data: {"eve', "dat"]) {
      expect(readEvents([bytes(framed(message("a")) + half)], broken)).toEqual({
        items: [message("a")],
        error: broken,
      });
    }
  });

  test.each([
    ["no JSON", "{oops}"],
    ["half of it", '{"event":"message"'],
    ["null", "null"],
    ["an array", "[1]"],
    ["a number", "5"],
    ["a text", '"message"'],
    ["true", "true"],
    ["the end mark of OpenAI", "[DONE]"],
    ["HTML", "<html>"],
  ])("that hold %s raise a StreamError which shows it, after the events before it", (_name, data) => {
    for (const body of [
      bytes(`${framed(message("a"))}data: ${data}\n\n${framed(message("b"))}`),
      bytes(`${framed(message("a"))}data: ${data}`),
    ]) {
      const { items, error } = readEvents([body]);
      expect(items).toEqual([message("a")]);
      expect(error).toBeInstanceOf(StreamError);
      expect(error).toMatchObject({ operation: "createChatMessage" });
      expect((error as StreamError).message).toContain(JSON.stringify(data));
    }
  });

  test("that are no JSON are shown by their beginning only", () => {
    const { error } = readEvents([bytes(`data: ${"x".repeat(1_000_000)}\n\n`)]);
    expect((error as StreamError).message.length).toBeLessThan(400);
  });

  test("raise the same error again at every further step", () => {
    const reader = new EventReader("x");
    reader.push(bytes("data: no\n\n"));
    let first: unknown;
    try {
      reader.readEvents([]);
    } catch (error) {
      first = error;
    }
    expect(first).toBeInstanceOf(StreamError);
    expect(() => reader.readEvents([])).toThrow(first as Error);
    expect(() => reader.readLines([])).toThrow(first as Error);
  });

  test("named error are given, then raised with code and status, and nothing behind them is read", () => {
    const failure = { event: "error", message: "slow down", code: "completion_request_error", status: 400 };
    const body = bytes(framed(message("a"), failure, message("b")));
    const events = readEvents([body]);
    expect(events.items).toEqual([message("a"), failure]);
    expect(events.error).toBeInstanceOf(StreamError);
    expect(events.error).toMatchObject({
      message: "slow down",
      code: "completion_request_error",
      status: 400,
      operation: "createChatMessage",
    });
    const lines = readLines([body]);
    expect(lines.items).toEqual([
      `data: ${JSON.stringify(message("a"))}`,
      "",
      `data: ${JSON.stringify(failure)}`,
    ]);
    expect(lines.error).toMatchObject({
      name: "StreamError",
      message: "slow down",
      code: "completion_request_error",
      status: 400,
    });
  });

  test("named error without code, status or message raise all the same", () => {
    const { error } = readEvents([bytes(framed({ event: "error", message: null, code: 5, status: "x" }))]);
    expect(error).toBeInstanceOf(StreamError);
    expect((error as StreamError).message).not.toBe("");
    expect(error).not.toHaveProperty("code");
    expect(error).not.toHaveProperty("status");
  });

  test("that only mention an error raise nothing, in lines either", () => {
    const events = [
      { event: "node_finished", data: { error: null, text: '"error"' } },
      message('{"event":"error"}'),
    ];
    expect(readEvents([bytes(framed(...events))])).toEqual({ items: events, error: null });
    expect(readLines([bytes(framed(...events))]).error).toBeNull();
  });

  test("behind the closing one are given like any other", () => {
    const events = [message("a"), { event: "message_end" }, { event: "tts_message_end", audio: "" }];
    expect(readEvents([bytes(framed(...events))])).toEqual({ items: events, error: null });
  });
});

describe("bytes behind the end", () => {
  const queue = () => new ByteQueue({ pause() {}, resume() {}, abort() {} });

  test("are dropped, and change neither the end nor its error", () => {
    for (const error of [null, new StreamError("broken")]) {
      const source = queue();
      source.push(bytes("a"));
      source.end(error);
      source.push(bytes("b"));
      source.end(new Error("late"));
      expect(source.done).toBe(false);
      expect(source.take()).toEqual(bytes("a"));
      expect(source.take()).toBeNull();
      expect(source.done).toBe(true);
      expect(source.error).toBe(error);
    }
  });

  test("are dropped once the reader has closed", () => {
    const source = queue();
    source.push(bytes("a"));
    source.close();
    source.push(bytes("b"));
    expect(source.take()).toBeNull();
    expect(source.done).toBe(true);
  });

  test("a second end of a reader changes nothing", () => {
    const reader = new EventReader("x");
    reader.end();
    reader.end(new Error("late"));
    expect(reader.readEvents([])).toBe(DONE);
    expect(reader.readLines([])).toBe(DONE);
  });
});

describe("large input", () => {
  test("an event nested 100,000 deep arrives", () => {
    const depth = 100_000;
    const body = `data: {"event":"message","answer":${"[".repeat(depth)}${"]".repeat(depth)}}\n\n${framed(message("b"))}`;
    const { items, error } = readEvents(pieces(bytes(body), 64 * 1024));
    expect(error).toBeNull();
    expect(items).toHaveLength(2);
    let found = 0;
    for (let value: unknown = items[0]?.answer; Array.isArray(value); value = value[0]) found++;
    expect(found).toBe(depth);
  });

  test("an event of 50 MB arrives whole, as an event and as a line", () => {
    const answer = "é123456789".repeat(5_000_000);
    const body = bytes(framed(message(answer), message("b")));
    expect(body.length).toBeGreaterThan(50e6);
    const events = readEvents(pieces(body, 64 * 1024)).items;
    expect(events.length).toBe(2);
    expect(events[0]?.answer === answer).toBe(true);
    const lines = readLines(pieces(body, 64 * 1024)).items;
    expect(lines.map((line) => line.length)).toEqual([answer.length + 37, 0, 38, 0]);
  });

  test("a million tiny events arrive, each once and in order", () => {
    let body = "";
    for (let i = 0; i < 1_000_000; i++) body += `data: {"n":${i}}\n\n`;
    let count = 0;
    for (const { n } of readEvents(pieces(bytes(body), 65_537)).items) if (n === count) count++;
    expect(count).toBe(1_000_000);
  });
});

/**
 * Counts the characters that string work costs while `work` runs. A search counts the whole text it is called on,
 * since a text put together from others is copied into one before it can be searched.
 */
function charactersHandled(work: () => void): number {
  let count = 0;
  const restore: (() => void)[] = [];
  const watch = (
    target: object,
    name: string,
    cost: (receiver: string, args: string[], result: string) => number,
  ) => {
    const holder = target as Record<string, (...args: unknown[]) => unknown>;
    const original = holder[name] as (...args: unknown[]) => unknown;
    holder[name] = function (this: string, ...args: unknown[]) {
      const result = original.apply(this, args);
      count += cost(this, args as string[], result as string);
      return result;
    };
    restore.push(() => {
      holder[name] = original;
    });
  };
  const whole = (receiver: string) => receiver.length;
  const searches = [
    "indexOf",
    "lastIndexOf",
    "includes",
    "search",
    "match",
    "split",
    "replace",
    "startsWith",
    "endsWith",
    "trim",
  ];
  for (const name of searches) watch(String.prototype, name, whole);
  for (const name of ["slice", "substring", "concat"])
    watch(String.prototype, name, (_receiver, _args, made) => made.length);
  watch(String.prototype, "charCodeAt", () => 1);
  watch(Array.prototype, "join", (_receiver, _args, made) => made.length);
  watch(JSON, "parse", (_receiver, [text]) => (text as string).length);
  watch(StringDecoder.prototype, "write", (_receiver, _args, made) => made.length);
  try {
    work();
  } finally {
    for (const undo of restore) undo();
  }
  return count;
}

describe("the work is linear", () => {
  // What a character may cost: it is decoded, searched for CR, LF and "error", joined once, sliced once and parsed.
  const PER_CHARACTER = 12;
  const MB = 2 ** 20;

  const long = (size: number, end = "\n") => {
    const open = 'data: {"event":"message","answer":"';
    return Buffer.from(`${open}${"x".repeat(size - open.length - 2 - 2 * end.length)}"}${end}${end}`);
  };
  const events = (cut: Iterable<Buffer>) => {
    const { items, error } = readEvents(cut);
    if (items.length !== 1 || error) throw new Error(`${items.length} events, ${error}`);
  };
  const lines = (cut: Iterable<Buffer>) => {
    const { items, error } = readLines(cut);
    if (items.length !== 2 || error) throw new Error(`${items.length} lines, ${error}`);
  };

  test("the count sees a reader that is not", () => {
    const naive = (cut: Iterable<Buffer>) => {
      let text = "";
      for (const piece of cut) {
        text += new StringDecoder("utf8").write(piece);
        if (text.includes("\n\n")) JSON.parse(text.slice(6));
      }
    };
    const size = MB / 4;
    expect(charactersHandled(() => naive(pieces(long(size), 1024)))).toBeGreaterThan(
      5 * PER_CHARACTER * size,
    );
  });

  test.each([
    ["events", events],
    ["lines", lines],
  ])("for an event of 8 MB in pieces of 1 kB, read as %s", (_name, read) => {
    const [half, full] = [4 * MB, 8 * MB].map((size) => {
      const cut = [...pieces(long(size), 1024)];
      return charactersHandled(() => read(cut));
    }) as [number, number];
    expect(full).toBeGreaterThan(8 * MB);
    expect(full).toBeLessThan(PER_CHARACTER * 8 * MB);
    expect(full / half).toBeLessThan(2.1);
  });

  test.each([1, 3, 16, 100, 4096, 65_536])("for an event in pieces of %d bytes", (size) => {
    const length = Math.min(MB, 64 * 1024 * size);
    const cut = [...pieces(long(length), size)];
    expect(charactersHandled(() => events(cut))).toBeLessThan(PER_CHARACTER * length);
    expect(charactersHandled(() => lines(cut))).toBeLessThan(PER_CHARACTER * length);
  });

  test("for pieces that grow and shrink", () => {
    const sizes = [1, 4, 16, 64, 256, 1024, 4096, 1024, 256, 64, 16, 4];
    const body = long(MB);
    const cut: Buffer[] = [];
    for (let at = 0, i = 0; at < body.length; i++) {
      const size = sizes[i % sizes.length] as number;
      cut.push(body.subarray(at, at + size));
      at += size;
    }
    expect(charactersHandled(() => events(cut))).toBeLessThan(PER_CHARACTER * MB);
  });

  test("for lines that end with CR", () => {
    const cut = [...pieces(long(2 * MB, "\r"), 1024)];
    expect(charactersHandled(() => events(cut))).toBeLessThan(PER_CHARACTER * 2 * MB);
    const short = [...pieces(bytes(": a comment\r".repeat(100_000)), 1024)];
    expect(
      charactersHandled(() => {
        expect(readLines(short).items).toHaveLength(100_000);
      }),
    ).toBeLessThan(PER_CHARACTER * 1_200_000);
    const mixed = [...pieces(Buffer.concat([long(MB), bytes("\r")]), 1024)];
    expect(charactersHandled(() => events(mixed))).toBeLessThan(PER_CHARACTER * MB);
  });

  test("for an event whose data are 100,000 lines", () => {
    const body = bytes(`data: {"event":"message","answer":[1\n${"data: ,1\n".repeat(100_000)}data: ]}\n\n`);
    const cut = [...pieces(body, 1024)];
    // Each line is searched in its piece of 1 kB: 113 lines a piece, some searches a line.
    const bound = (1024 / 9) * PER_CHARACTER * body.length;
    expect(charactersHandled(() => events(cut))).toBeLessThan(bound);
    const twice = bytes(`data: {"event":"message","answer":[1\n${"data: ,1\n".repeat(200_000)}data: ]}\n\n`);
    const once = charactersHandled(() => events(cut));
    expect(charactersHandled(() => events([...pieces(twice, 1024)])) / once).toBeLessThan(2.1);
  });
});

describe("against a model of the standard", () => {
  /** The standard's algorithm (HTML, 9.2.6) over a whole body, and what Dify's streams mean by their data. */
  function model(body: Buffer) {
    const text = new TextDecoder().decode(body);
    const lines = text.split(/\r\n|\n|\r/);
    if (lines.at(-1) === "") lines.pop();
    const result = { events: [] as unknown[], failed: false, lines: [] as string[], linesFailed: false };
    for (const line of lines) {
      if (result.linesFailed) break;
      result.lines.push(line);
      const value = line.startsWith("data:") ? parsed(line.slice(5)) : undefined;
      result.linesFailed = isObject(value) && value.event === "error";
    }
    let data: string[] = [];
    // One thing is not the standard's: what a clean end leaves behind is an event too.
    for (const line of [...lines, ""]) {
      if (result.failed) break;
      if (line !== "") {
        const colon = line.indexOf(":");
        const name = colon === -1 ? line : line.slice(0, colon);
        const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (name === "data") data.push(value);
        continue;
      }
      const whole = data.join("\n");
      data = [];
      if (whole === "") continue;
      const event = parsed(whole);
      if (isObject(event) && event.event === "ping") continue;
      if (isObject(event)) result.events.push(event);
      result.failed = !isObject(event) || event.event === "error";
    }
    return result;
  }
  const parsed = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  };
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === "object" && value !== null && !Array.isArray(value);

  const token = fc.oneof(
    fc.constantFrom(
      ..."data: |data:|data|event: ping|event|id: 1|:|: c| |\n|\n|\n\n|\r|\r\n|\n\r|\0|\ufeff|\u2028|é|😀".split(
        "|",
      ),
    ),
    fc.constantFrom(
      '{"event":"message","answer":"é😀"}',
      '{"a":1}',
      '{"event":"ping"}',
      'data: {"event":"error"}\n\n',
      '{"x":"\\"error\\""}',
      "{",
      "}",
      '"',
      "null",
      "[]",
      "5",
    ),
    fc.constantFrom(
      'data: {"event":"message"}\n\n',
      'data: {"event":"m","x":"\u2028€"}\n\n',
      'data: {"n":1}\r\n\r\n',
      'data: {"n":2}\r\r',
      "event: ping\n\n",
      'data: {\ndata: "n":3}\n\n',
    ),
    fc.string({ unit: "binary", maxLength: 6 }),
  );
  const raw = fc.oneof(
    { weight: 6, arbitrary: token.map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((some) => Buffer.from(some)) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom([0xff], [0xe2, 0x82], [0xf0, 0x9f], [0xed, 0xa0, 0x80], [0xef, 0xbb])
        .map((some) => Buffer.from(some)),
    },
  );
  const stream = fc.array(raw, { maxLength: 40 }).map((parts) => Buffer.concat(parts));
  const cuts = fc.array(fc.nat(), { maxLength: 12 });

  const cutAt = (body: Buffer, at: number[]) => {
    const sorted = at.map((n) => n % (body.length + 1)).sort((a, b) => a - b);
    return [0, ...sorted].map((from, i) => body.subarray(from, sorted[i] ?? body.length));
  };

  test("events and lines are the standard's, whatever the bytes and the cuts", () => {
    fc.assert(
      fc.property(stream, cuts, (body, at) => {
        const expected = model(body);
        for (const cut of [cutAt(body, at), [...crumbs(body)]]) {
          const events = readEvents(cut);
          expect(events.items).toEqual(expected.events);
          expect(events.error instanceof StreamError).toBe(expected.failed);
          const lines = readLines(cut);
          expect(lines.items).toEqual(expected.lines);
          expect(lines.error instanceof StreamError).toBe(expected.linesFailed);
        }
      }),
      { numRuns: 1_000_000, interruptAfterTimeLimit: 2_000 },
    );
  });

  test("the model and the arbitrary streams meet every case", () => {
    const met = new Set<string>();
    for (const body of fc.sample(stream, { numRuns: 2_000, seed: 1 })) {
      const { events, failed, lines, linesFailed } = model(body);
      if (events.length > 1) met.add("several events");
      if (failed) met.add("failed");
      if (linesFailed) met.add("an error event");
      if (!failed && lines.length > 3) met.add("ended well");
      if (body.includes("\r\n")) met.add("CRLF");
      if (new TextDecoder().decode(body).includes("\ufffd")) met.add("invalid UTF-8");
    }
    expect([...met].sort()).toEqual([
      "CRLF",
      "an error event",
      "ended well",
      "failed",
      "invalid UTF-8",
      "several events",
    ]);
  });

  test("LineSplitter splits as a regular expression does, whatever the cuts", () => {
    const text = fc.array(fc.constantFrom("a", "bcd", "\n", "\r", "\r\n", "\u2028", "x".repeat(50)), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(text, cuts, (parts, at) => {
        const whole = parts.join("");
        const expected = whole.split(/\r\n|\n|\r/);
        if (expected.at(-1) === "") expected.pop();
        const sorted = at.map((n) => n % (whole.length + 1)).sort((a, b) => a - b);
        const splitter = new LineSplitter();
        const found: string[] = [];
        const drain = () => {
          for (let line = splitter.next(); line !== null; line = splitter.next()) found.push(line);
        };
        for (const [i, from] of [0, ...sorted].entries()) {
          splitter.push(whole.slice(from, sorted[i] ?? whole.length));
          drain();
        }
        splitter.end();
        drain();
        expect(found).toEqual(expected);
      }),
      { numRuns: 1_000_000, interruptAfterTimeLimit: 1_000 },
    );
  });
});
