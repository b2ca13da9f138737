// What the benchmark server sends: JSON answers of any size, and events with their HTTP framing made in advance.

const WORDS = [
  "Tea",
  " is",
  " best",
  " with",
  " hot",
  " water",
  ",",
  " 茶",
  " said",
  " Zoë",
  ".",
  '\n"',
  "quite",
  '"',
];
const MESSAGE_ID = "5ad4cb98-f0c7-4085-b384-88c403be6290";
const CONVERSATION_ID = "45701982-8118-4bc5-8e9b-64562b4555f2";

/** Text of so many bytes, or up to two fewer: some of its characters take two or three. */
function prose(bytes) {
  const unit = Buffer.from(WORDS.join(""));
  const text = Buffer.alloc(Math.max(0, bytes), unit);
  return text.toString("utf8").replace(/\uFFFD+$/, "");
}

const SOURCE = {
  position: 1,
  dataset_id: "1f2b1f0e-0d64-4e5c-9b8e-0c9f5d4d7a11",
  dataset_name: "Handbook",
  document_id: "77c8f0f3-5f55-4c59-a1c1-3d0a3c1c9b52",
  document_name: "brewing.md",
  segment_id: "c0b7a7a4-41d8-4e1d-8d20-6a1fb2c1ed13",
  score: 0.8134765625,
  content: prose(900),
};

/**
 * A blocking chat answer of so many bytes (500 at least). Up to 2 KB it is text; a larger one is for 40 % text, and
 * otherwise the sources that a knowledge base adds.
 */
export function jsonAnswer(bytes) {
  const source = Buffer.from(JSON.stringify(SOURCE));
  const sources = bytes <= 2_048 ? 0 : Math.max(1, Math.floor((bytes * 0.6) / (source.length + 1)));
  const mark = "@@";
  const [head, tail] = JSON.stringify({
    event: "message",
    task_id: "0ea4a3f3-8c0c-4ed3-a4a7-2ec2d4d83f3a",
    message_id: MESSAGE_ID,
    conversation_id: CONVERSATION_ID,
    mode: "chat",
    metadata: {
      usage: {
        prompt_tokens: 512,
        completion_tokens: 128,
        total_tokens: 640,
        currency: "USD",
        latency: 0.75,
      },
      retriever_resources: [mark],
    },
    created_at: 1_764_000_000,
    answer: "",
  }).split(`"${mark}"`);
  const list = sources ? Buffer.alloc(sources * (source.length + 1) - 1, `${source},`) : Buffer.alloc(0);
  const left = bytes - Buffer.byteLength(head) - Buffer.byteLength(tail) - list.length;
  // Each line break and quote of the text becomes two bytes.
  const escapes = WORDS.join("").match(/[\n"]/g).length / Buffer.byteLength(WORDS.join(""));
  const text = JSON.stringify(prose(Math.floor(left / (1 + escapes)))).slice(1, -1);
  const padding = " ".repeat(Math.max(0, left - Buffer.byteLength(text)));
  return Buffer.concat([Buffer.from(head), list, Buffer.from(`${tail.slice(0, -2)}${text}${padding}"}`)]);
}

/** One event of a chat answer, as Dify writes it; `stamp` is the time of writing in nanoseconds. */
export function eventText(index, stamp) {
  const answer = JSON.stringify(WORDS[index % WORDS.length]);
  const time = stamp === undefined ? "" : `, "t": ${stamp}`;
  return (
    `data: {"event": "message", "task_id": "0ea4a3f3-8c0c-4ed3-a4a7-2ec2d4d83f3a", "message_id": "${MESSAGE_ID}", ` +
    `"conversation_id": "${CONVERSATION_ID}", "answer": ${answer}, "created_at": 1764000000${time}}\n\n`
  );
}

const CHUNK_BYTES = 1_400;
const frame = (bytes) => [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")];

/**
 * So many events as the bytes of a chunked body, without its end.
 * `event` is one HTTP chunk an event, `mtu` chunks of 1,400 bytes, cut wherever that falls.
 */
export function framedEvents(count, framing) {
  const events = Array.from({ length: count }, (_, index) => Buffer.from(eventText(index)));
  if (framing === "event") return Buffer.concat(events.flatMap(frame));
  const whole = Buffer.concat(events);
  const frames = [];
  for (let at = 0; at < whole.length; at += CHUNK_BYTES) {
    frames.push(...frame(whole.subarray(at, at + CHUNK_BYTES)));
  }
  return Buffer.concat(frames);
}
