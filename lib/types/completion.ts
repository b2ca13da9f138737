import type { ResponseMode } from "../core/mode";
import type { AppInputs, MessageAnswer } from "./chat";
import type { InputFile } from "./files";

/** What `createCompletionMessage` answers when the whole answer is awaited. */
export interface CompletionAnswer extends MessageAnswer {}

/** `createCompletionMessage` */
export interface CreateCompletionMessageArgs<R extends ResponseMode = "blocking"> {
  inputs: AppInputs;
  /** Default `"blocking"`. */
  response_mode?: R | null | undefined;
  user: string;
  files?: readonly InputFile[] | null | undefined;
  /** The text of older apps; newer ones have it among their `inputs`. */
  query?: string | null | undefined;
}
