import { execFileSync } from "node:child_process";
import { get, request as httpRequest } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FakeDify, type FakeDifyKeys, startFakeDify, startFakeDifySync } from "../../testing";
import { type Exchange, eventsOf, readRecording } from "./recording";
import { ask } from "./scenarios";
import { differences } from "./shape";

const WORDS = "one two three four five six seven eight nine ten eleven twelve".repeat(4);

function headers(fake: { keys: FakeDifyKeys }, key: keyof FakeDifyKeys): Record<string, string> {
  return { Authorization: `Bearer ${fake.keys[key]}`, "Content-Type": "application/json" };
}

function stream(fake: FakeDify, key: keyof FakeDifyKeys, path: string, body: object, signal?: AbortSignal) {
  return fetch(`${fake.baseUrl}${path}`, {
    method: "POST",
    headers: headers(fake, key),
    body: JSON.stringify({ ...body, user: "u", response_mode: "streaming" }),
    signal: signal ?? null,
  });
}

/** Reads a stream's events, one after the other. */
class Reader {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private readonly decoder = new TextDecoder();
  private text = "";

  constructor(response: Response) {
    this.reader = (response.body as ReadableStream<Uint8Array>).getReader();
  }

  /** The next event, or nothing at the end of the body. */
  async next(): Promise<Record<string, unknown> | undefined> {
    for (;;) {
      const end = this.text.indexOf("\n\n");
      if (end >= 0) {
        const block = this.text.slice(0, end + 2);
        this.text = this.text.slice(end + 2);
        return eventsOf(block)[0];
      }
      const { value, done } = await this.reader.read();
      if (done) return undefined;
      this.text += this.decoder.decode(value, { stream: true });
    }
  }

  async until(name: string): Promise<Record<string, unknown>> {
    for (let event = await this.next(); event; event = await this.next())
      if (event.event === name) return event;
    throw new Error(`no ${name}`);
  }

  async rest(): Promise<Record<string, unknown>[]> {
    const events: Record<string, unknown>[] = [];
    for (let event = await this.next(); event; event = await this.next()) events.push(event);
    return events;
  }
}

function recordedEvent(file: string, index: number, name: string): Record<string, unknown> {
  const exchange = readRecording(file).exchanges[index] as Exchange;
  const text = (exchange.response.chunks ?? []).map((chunk) => chunk.text).join("");
  return eventsOf(text).find(({ event }) => event === name) ?? {};
}

test("sends an event in an HTTP chunk of its own, at its pace, and the head with the first of them", async () => {
  await using fake = await startFakeDify({ pace: 15, latency: 60 });
  const began = performance.now();
  const chunks: { at: number; text: string }[] = [];
  let head = 0;
  await new Promise<void>((resolve, reject) => {
    const options = { method: "POST", headers: headers(fake, "chat") };
    const request = httpRequest(`${fake.baseUrl}/chat-messages`, options, (response) => {
      head = performance.now() - began;
      response.setEncoding("utf8");
      response.on("data", (text: string) => chunks.push({ at: performance.now() - began, text }));
      response.on("end", resolve);
    });
    request.on("error", reject);
    request.end(
      JSON.stringify({ query: "Grüße 你好\u2028🎉", inputs: {}, user: "u", response_mode: "streaming" }),
    );
  });
  expect(head).toBeGreaterThan(50);
  expect(
    chunks.every(({ text }) => /^data: \{.*\}\n\n$/s.test(text) && text.split("\n\n").length === 2),
  ).toBe(true);
  const answer = chunks.map(({ text }) => eventsOf(text)[0]?.answer ?? "").join("");
  expect(answer).toBe("You said: Grüße 你好\u2028🎉. This is a fake model answering in several chunks.");
  const [first, last] = [chunks[0]?.at ?? 0, chunks.at(-1)?.at ?? 0];
  expect(last - first).toBeGreaterThan((chunks.length - 2) * 10);
});

test("escapes a blocking answer, and closes it without a line feed", async () => {
  await using fake = await startFakeDify({ pace: 0 });
  const response = await fetch(`${fake.baseUrl}/chat-messages`, {
    method: "POST",
    headers: headers(fake, "chat"),
    body: JSON.stringify({ query: "Grüße 🎉", inputs: {}, user: "u" }),
  });
  const text = await response.text();
  expect(text).toContain("You said: Gr\\u00fc\\u00dfe \\ud83c\\udf89.");
  expect(text.endsWith("}")).toBe(true);
});

test("ends a workflow's stream some time after its terminal event", async () => {
  await using fake = await startFakeDify({ pace: 0, tail: 150 });
  const reader = new Reader(await stream(fake, "workflow", "/workflows/run", { inputs: { text: "x" } }));
  await reader.until("workflow_finished");
  const finished = performance.now();
  expect(await reader.rest()).toEqual([]);
  expect(performance.now() - finished).toBeGreaterThan(100);
});

test("keeps a refused stream open after its error", async () => {
  await using fake = await startFakeDify({ pace: 0 });
  const response = await stream(fake, "workflow", "/workflows/run", { inputs: {} });
  expect(response.status).toBe(200);
  const reader = new Reader(response);
  const error = await reader.until("error");
  expect(error).toEqual({ event: "error", message: "text is required in input form", status: 500 });
  const ended = reader.rest().then(
    () => "ended",
    () => "closed with the server",
  );
  expect(await Promise.race([ended, sleep(300, "open")])).toBe("open");
});

describe("stop", () => {
  const cases = [
    ["chat", "/chat-messages", { query: WORDS, inputs: {} }, "message", "/chat-messages", "message_end"],
    [
      "agentChat",
      "/chat-messages",
      { query: WORDS, inputs: {} },
      "agent_message",
      "/chat-messages",
      "message_end",
    ],
    [
      "chatflow",
      "/chat-messages",
      { query: "x", inputs: {} },
      "message",
      "/chat-messages",
      "workflow_finished",
    ],
    [
      "completion",
      "/completion-messages",
      { inputs: { query: WORDS } },
      "message",
      "/completion-messages",
      "message_end",
    ],
    [
      "workflow",
      "/workflows/run",
      { inputs: { text: WORDS } },
      "text_chunk",
      "/workflows/tasks",
      "workflow_finished",
    ],
  ] as const;

  test.each(cases)("ends the answer of %s early", async (key, path, body, word, tasks, last) => {
    await using fake = await startFakeDify({ pace: 20, tail: 0 });
    const reader = new Reader(await stream(fake, key, path, body));
    const begun = await reader.until(word);
    const stopped = await ask(fake, key, "POST", `${tasks}/${begun.task_id}/stop`, { user: "u" });
    expect(stopped).toEqual({ result: "success" });
    const events = await reader.rest();
    expect(events.at(-1)?.event).toBe(last);
    expect(events.length).toBeLessThan(8);
    if (key === "chatflow") {
      const recorded = recordedEvent("chat/stop-chatflow", 1, "workflow_finished");
      expect(differences(recorded, events.at(-1))).toEqual([]);
      expect(events.at(-1)?.data).toMatchObject({ status: "stopped", error: "Stopped by user." });
      expect(events.some(({ event }) => event === "message_end")).toBe(false);
    }
    if (key === "workflow") {
      expect(differences(recordedEvent("workflows/stop", 1, "workflow_finished"), events.at(-1))).toEqual([]);
      expect(events.at(-1)?.data).toMatchObject({ status: "failed", error: "Aborted: User requested stop" });
      const detail = await ask(fake, key, "GET", `/workflows/run/${begun.workflow_run_id}`);
      expect(detail.status).toBe("stopped");
    }
    // Stopping again succeeds as well.
    expect(await ask(fake, key, "POST", `${tasks}/${begun.task_id}/stop`, { user: "u" })).toEqual(stopped);
  });
});

describe("a client that goes away", () => {
  test("leaves a plain chat's answer empty", async () => {
    await using fake = await startFakeDify({ pace: 10 });
    const leave = new AbortController();
    const response = await stream(fake, "chat", "/chat-messages", { query: "x", inputs: {} }, leave.signal);
    const { conversation_id } = await new Reader(response).until("message");
    leave.abort();
    await sleep(300);
    const { data } = await ask(fake, "chat", "GET", `/messages?user=u&conversation_id=${conversation_id}`);
    expect((data as { answer: string }[])[0]?.answer).toBe("");
  });

  test("does not end a chatflow's run, which can be joined", async () => {
    await using fake = await startFakeDify({ pace: 40, tail: 0 });
    const leave = new AbortController();
    const response = await stream(
      fake,
      "chatflow",
      "/chat-messages",
      { query: "x", inputs: {} },
      leave.signal,
    );
    const started = await new Reader(response).until("workflow_started");
    leave.abort();
    const path = `/workflow/${started.workflow_run_id}/events?user=u`;
    const join = (more: string) =>
      fetch(`${fake.baseUrl}${path}${more}`, { headers: headers(fake, "chatflow") });
    const [plain, snapshot] = await Promise.all([
      join("").then((joined) => joined.text().then(eventsOf)),
      join("&include_state_snapshot=true").then((joined) => joined.text().then(eventsOf)),
    ]);
    expect(plain[0]).toEqual({ event: "ping" });
    expect(plain.some(({ event }) => event === "workflow_started")).toBe(false);
    expect(plain.at(-1)?.event).toBe("workflow_finished");
    const names = snapshot.slice(0, 4).map(({ event }) => event);
    expect(names).toEqual(["ping", "workflow_started", "message_replace", "node_started"]);
    for (const name of ["message_replace", "node_started"]) {
      const recorded = recordedEvent("reconnect/chatflow-snapshot", 1, name);
      expect(
        differences(
          recorded,
          snapshot.find(({ event }) => event === name),
        ),
      ).toEqual([]);
    }
    const after = await (await join("")).text();
    expect(after.startsWith('data: {"event": "workflow_finished", "task_id": ')).toBe(true);
    expect(eventsOf(after)).toHaveLength(1);
    const { data } = await ask(
      fake,
      "chatflow",
      "GET",
      `/messages?user=u&conversation_id=${started.conversation_id}`,
    );
    expect((data as { answer: string }[])[0]?.answer).toMatch(/^Hello! You asked: x\..* Bye\.$/);
  });
});

test("indexes a document stage by stage", async () => {
  await using fake = await startFakeDify({ pace: 40 });
  const path = `/datasets/${fake.datasetId}`;
  const body = { name: "new.txt", text: "Foxes hunt.", indexing_technique: "economy" };
  const created = await ask(fake, "dataset", "POST", `${path}/document/create-by-text`, body);
  expect(created.document).toMatchObject({ indexing_status: "waiting", display_status: "queuing" });
  const seen = new Set<string>();
  while (!seen.has("completed")) {
    const { data } = await ask(fake, "dataset", "GET", `${path}/documents/${created.batch}/indexing-status`);
    seen.add((data as { indexing_status: string }[])[0]?.indexing_status ?? "");
    await sleep(15);
  }
  expect([...seen]).toEqual(["waiting", "parsing", "splitting", "indexing", "completed"]);
  const found = await ask(fake, "dataset", "POST", `${path}/retrieve`, { query: "Foxes" });
  expect((found.records as unknown[]).length).toBe(1);
});

test("refuses what is not asked as it should be", async () => {
  await using fake = await startFakeDify({ pace: 0 });
  const status = async (method: string, path: string, type: string | null, body?: string) => {
    const sent: Record<string, string> = { Authorization: `Bearer ${fake.keys.chatflow}` };
    if (type !== null) sent["Content-Type"] = type;
    const bytes = body === undefined ? null : new TextEncoder().encode(body);
    const response = await fetch(`${fake.baseUrl}${path}`, { method, headers: sent, body: bytes });
    return `${response.status} ${response.headers.get("content-type")}`;
  };
  const json = "application/json";
  const id = "00000000-0000-4000-8000-000000000000";
  const html = "404 text/html; charset=utf-8";
  expect(await status("GET", "/conversations?user=u&limit=", null)).toBe(`400 ${json}`);
  expect(await status("GET", "/conversations/?user=u", null)).toBe(html);
  expect(await status("GET", "/nothing", null)).toBe(html);
  expect(await status("GET", "/../console/api/apps", null)).toBe(html);
  expect(await status("DELETE", `/conversations/${id}`, null)).toBe(`415 ${json}`);
  expect(await status("DELETE", `/conversations/${id}`, "text/plain", '{"user":"u"}')).toBe(`415 ${json}`);
  expect(await status("PATCH", `/conversations/${id}/variables/${id}`, json, "{}")).toBe(`405 ${json}`);
  expect(await status("POST", "/chat-messages", json, '{"query":"x","inputs":{}}')).toBe(`400 ${json}`);
  const form = (body: string) => status("POST", "/files/upload", "multipart/form-data; boundary=b", body);
  const part =
    'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nx\r\n';
  expect(await form(`--b\r\n${part}--b--\r\n`)).toBe(`201 ${json}`);
  expect(await form(`--b\r\n${part}--b--`)).toBe(`201 ${json}`);
  expect(await form(`--b\r\n${part}`)).toBe(`400 ${json}`);
  expect(await form(`--b\n${part}--b--\r\n`)).toBe(`400 ${json}`);
  expect(await form(`--c\r\n${part}--c--\r\n`)).toBe(`400 ${json}`);
});

test("serves while the thread that started it is blocked", () => {
  using fake = startFakeDifySync({ pace: 0 });
  const script = `fetch(${JSON.stringify(`${fake.baseUrl}/info`)}, { headers: ${JSON.stringify(headers(fake, "chat"))} })
    .then((response) => response.json()).then((info) => process.stdout.write(info.mode));`;
  expect(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" })).toBe("chat");
});

test("is gone when it is closed, and may be closed twice", async () => {
  const fake = await startFakeDify();
  await fake.close();
  await fake.close();
  await expect(fetch(`${fake.baseUrl}/`)).rejects.toThrow();
  const blocking = startFakeDifySync();
  blocking.close();
  blocking.close();
  await expect(fetch(`${blocking.baseUrl}/`)).rejects.toThrow();
});

test("does not keep a process alive, and says nothing of its own", () => {
  const built = JSON.stringify(join(__dirname, "..", "..", "dist", "testing", "index.js"));
  const script = `const { startFakeDify, startFakeDifySync } = require(${built});
    startFakeDifySync(); startFakeDify().then(() => console.log("started"));`;
  const output = execFileSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 10_000 });
  expect(output).toBe("started\n");
});

test("takes keys of the caller's own, and refuses wrong options", async () => {
  await using fake = await startFakeDify({ keys: { chat: "app-mine" } });
  expect(fake.keys.chat).toBe("app-mine");
  const status = await new Promise((resolve) => {
    get(`${fake.baseUrl}/info`, { headers: { Authorization: "Bearer app-mine" } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  expect(status).toBe(200);
  await expect(startFakeDify({ pace: -1 })).rejects.toThrow("pace must be a number of milliseconds");
  expect(() => startFakeDifySync({ pase: 1 } as object)).toThrow("has no option pase");
});
