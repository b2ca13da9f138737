import type { Mode } from "../core/mode";
import type { FileArgument } from "./files";

/** What `audioToText` answers. */
export interface Transcript {
  text: string;
}

/** `audioToText` */
export interface AudioToTextArgs<M extends Mode> {
  /** At most 30 MB. The MIME type counts: `audio/mp3`, m4a, wav, amr or mpga; not `audio/mpeg`. */
  audio_file: FileArgument<M>;
  user: string;
}

/** `textToAudio` */
export interface TextToAudioArgs {
  /** What to say. Where `message_id` is given, that message's answer is said instead. */
  text: string;
  user: string;
  /** Taken for old callers' sake; the server does not look at it. Default false. */
  streaming?: boolean | null | undefined;
  /** A message whose answer is to be said. */
  message_id?: string | null | undefined;
  /** A voice of the model behind the app; default is the one the app is set to. */
  voice?: string | null | undefined;
}
