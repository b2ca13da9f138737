import { MessageChannel } from "node:worker_threads";
import fc from "fast-check";
import { Channel } from "../lib-sync/bridge/channel";
import type { FromHost, ToHost } from "../lib-sync/bridge/protocol";
import { RingReader, RingWriter, ringMemory } from "../lib-sync/bridge/ring";

// Small, so that it is full now and then, and its end comes up often.
const CAPACITY = 1024;

function line() {
  const { port1, port2 } = new MessageChannel();
  const memory = [ringMemory(CAPACITY), ringMemory(CAPACITY)] as const;
  return {
    caller: new Channel<ToHost, FromHost>(port1, memory[0], memory[1]),
    host: new Channel<FromHost, ToHost>(port2, memory[1], memory[0]),
    close: () => port1.close(),
  };
}

/** A message as plain values, whatever its bytes are made of. */
function plain(message: ToHost | FromHost | null): unknown {
  const value = (part: unknown): unknown =>
    ArrayBuffer.isView(part) ? [...(part as Uint8Array)] : Array.isArray(part) ? part.map(value) : part;
  return value(message);
}

const bytes = fc.uint8Array({ maxLength: 700 });
const words = fc.string({ maxLength: 300, unit: "grapheme" }).map((text) => text.toWellFormed());
const id = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const fromHost: fc.Arbitrary<FromHost> = fc.oneof(
  fc.tuple(fc.constant("chunk" as const), id, bytes),
  fc.tuple(
    fc.constant("answer" as const),
    id,
    fc.oneof(fc.nat(), fc.double()),
    words,
    fc.option(words),
    bytes,
  ),
  fc.tuple(fc.constant("end" as const), id, fc.option(words)),
  fc.tuple(fc.constant("ready" as const), fc.constant(0 as const)),
);
const toHost: fc.Arbitrary<ToHost> = fc.oneof(
  fc.tuple(fc.constant("ack" as const), id, fc.nat({ max: 2 ** 32 })),
  fc.tuple(fc.constant("drop" as const), id),
  fc.tuple(
    fc.constant("request" as const),
    id,
    words,
    fc.option(words),
    fc.array(bytes, { maxLength: 2 }),
    fc.constant([] as Blob[]),
  ),
);

test("whatever is sent arrives, whole and in order, by shared memory or by the port", () => {
  const step = fc.oneof(fc.constant("receive" as const), fc.record({ send: fromHost }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { caller, host, close } = line();
      const waiting: unknown[] = [];
      for (const action of [...steps, ...Array(61).fill("receive")]) {
        if (action === "receive") expect(plain(caller.receive())).toEqual(waiting.shift() ?? null);
        else {
          waiting.push(plain(action.send));
          host.send(action.send);
        }
      }
      close();
    }),
    {
      interruptAfterTimeLimit: 4_000,
      // What chance comes upon once in many runs.
      examples: [[[{ send: ["answer", 0, -0, "", null, new Uint8Array()] }]]],
    },
  );
});

test("the other way too, with what no shared memory carries", () => {
  fc.assert(
    fc.property(fc.array(toHost, { maxLength: 40 }), (messages) => {
      const { caller, host, close } = line();
      const expected = messages.map(plain);
      for (const message of messages) caller.send(message);
      for (const message of expected) expect(plain(host.receive())).toEqual(message);
      expect(host.receive()).toBeNull();
      close();
    }),
    { interruptAfterTimeLimit: 3_000 },
  );
});

test.each([
  ["the largest number", 2 ** 31 - 10_000],
  ["zero", -10_000],
])("the counters of bytes go past %s", (_name, start) => {
  const memory = ringMemory(CAPACITY);
  // Both counters, each at the beginning of its cache line.
  const counters = new Int32Array(memory);
  counters[0] = counters[16] = start;
  const writer = new RingWriter(memory);
  const reader = new RingReader(memory);
  for (let i = 1; i < 500; i++) {
    expect(writer.write(i, ["chunk", i, new Uint8Array(i % 97).fill(i)])).toBe(true);
    expect(plain(reader.read(i))).toEqual(["chunk", i, Array(i % 97).fill(i & 255)]);
    reader.release();
  }
  expect(Math.sign(counters[0])).toBe(-Math.sign(start));
});

test("what does not fit in goes over the port, and nothing is lost", () => {
  const { caller, host, close } = line();
  expect(host.send(["chunk", 1, new Uint8Array(CAPACITY)])).toBe(true);
  expect(host.send(["chunk", 2, new Uint8Array(CAPACITY / 2)])).toBe(false);
  expect(host.send(["chunk", 3, new Uint8Array(CAPACITY / 2)])).toBe(true);
  for (const number of [1, 2, 3]) expect(caller.receive()?.[1]).toBe(number);
  // What was read has made room, at the next look.
  expect(caller.receive()).toBeNull();
  expect(host.send(["chunk", 4, new Uint8Array(CAPACITY / 2)])).toBe(false);
  expect(caller.receive()?.[1]).toBe(4);
  close();
});

test("what an event of the port brought waits for its turn", () => {
  const { port1, port2 } = new MessageChannel();
  const memory = [ringMemory(CAPACITY), ringMemory(CAPACITY)] as const;
  const caller = new Channel<ToHost, FromHost>(port1, memory[0], memory[1]);
  const host = new Channel<FromHost, ToHost>(port2, memory[1], memory[0]);
  caller.send(["drop", 1]);
  host.accept([2, ["drop", 2]]);
  host.accept(null);
  expect(host.receive()).toEqual(["drop", 1]);
  expect(host.receive()).toEqual(["drop", 2]);
  expect(host.receive()).toBeNull();
  port1.close();
});

test("what is sent while the other end looks, and its wake-up taken by that look, is found", () => {
  const { port1, port2 } = new MessageChannel();
  const memory = [ringMemory(CAPACITY), ringMemory(CAPACITY)] as const;
  const caller = new Channel<ToHost, FromHost>(port1, memory[0], memory[1]);
  const host = new Channel<FromHost, ToHost>(port2, memory[1], memory[0]);
  // The ring is empty, and before the port is looked at, this happens.
  const look = jest.spyOn(RingReader.prototype, "read").mockImplementationOnce(() => {
    expect(caller.send(["drop", 7])).toBe(false);
    port1.postMessage(null);
    return null;
  });
  expect(host.receive()).toEqual(["drop", 7]);
  look.mockRestore();
  port1.close();
});
