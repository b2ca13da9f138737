import { endpoint } from "../core/endpoint";
import type { Mode, ResponseMode } from "../core/mode";
import type { RequestOptions } from "../core/options";
import { choice, list, object, optional, text } from "../core/params";
import type { CompletionAnswer, CompletionStreamEvent, CreateCompletionMessageArgs } from "../types";
import { DifyApi, type Generation } from "./base";

const createCompletionMessage = endpoint<CreateCompletionMessageArgs<ResponseMode>>(
  "createCompletionMessage",
  "POST /completion-messages",
  {
    inputs: object,
    user: text,
    response_mode: optional(choice("blocking", "streaming"), "blocking"),
    files: optional(list),
    query: optional(text),
  },
  { answer: "mode", slow: true },
);

/** The methods of a completion app. Python's `CompletionClient`. */
export abstract class CompletionApi<M extends Mode> extends DifyApi<M> {
  /**
   * Generates a text from inputs. Blocking (the default) gives the whole answer, after up to 10 minutes;
   * `response_mode: "streaming"` gives an event stream, which the caller reads to its end or closes.
   * `POST /completion-messages` · Python `create_completion_message`
   */
  createCompletionMessage<R extends ResponseMode = "blocking">(
    args: CreateCompletionMessageArgs<R>,
    options?: RequestOptions<M>,
  ): Generation<M, R, CompletionAnswer, CompletionStreamEvent> {
    return this.call(createCompletionMessage, args, options);
  }
}
