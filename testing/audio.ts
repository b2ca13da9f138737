import { hasGraph } from "./apps";
import { type Answer, type Call, json } from "./call";
import { Refusal, refuse } from "./errors";
import type { Route } from "./router";
import { boolean, type Fields, optional, text } from "./schema";

const TYPES = ["mp3", "m4a", "wav", "amr", "mpga", "x-wav", "mp4", "webm"].map((type) => `audio/${type}`);
const LIMIT_MB = 30;

async function audioToText(call: Call): Promise<Answer> {
  const { files } = await call.form();
  const file = files.find((part) => part.name === "file");
  if (!file) throw refuse.missingPart();
  if (hasGraph(call.app)) throw refuse.invalid("Speech to text is not enabled");
  const type = (file.contentType ?? "").split(";")[0]?.trim() ?? "";
  if (!TYPES.includes(type)) throw new Refusal(415, "unsupported_audio_type", "Audio type not allowed.");
  if (file.size > LIMIT_MB * 1024 * 1024) {
    throw new Refusal(413, "audio_too_large", `Audio size larger than ${LIMIT_MB} mb`);
  }
  return json({ text: "This is the transcript." });
}

const SPEECH_REQUEST: Fields = {
  message_id: optional(text()),
  voice: optional(text()),
  text: optional(text()),
  streaming: optional(boolean),
};

async function textToAudio(call: Call): Promise<Answer> {
  const body = await call.payload("TextToAudioPayload", SPEECH_REQUEST);
  if (hasGraph(call.app)) throw refuse.invalid("TTS is not enabled");
  if (body.message_id) {
    const message = call.state.messages.get(String(body.message_id).toLowerCase());
    // An unknown message is answered with JSON's null, not with sound.
    if (!message || message.answer === "") return json(null);
  } else if (!body.text) throw refuse.invalid("Text is required");
  return { kind: "bytes", chunked: true, headers: { "Content-Type": "audio/mpeg" }, body: silence() };
}

/** Three empty MPEG frames. */
function silence(): Buffer {
  return Buffer.concat(
    [0, 1, 2].map((fill) => Buffer.concat([Buffer.from([0xff, 0xf3, 0x40, 0xc4]), Buffer.alloc(64, fill)])),
  );
}

export const audioRoutes: Route[] = [
  { method: "POST", rule: "/audio-to-text", key: "app", user: { from: "form" }, handler: audioToText },
  { method: "POST", rule: "/text-to-audio", key: "app", user: { from: "json" }, handler: textToAudio },
];
