import { pause, type State, type Task } from "./state";

/** What the stand-in model says to a prompt. */
export function echo(prompt: string): string {
  return `You said: ${prompt}. This is a fake model answering in several chunks.`;
}

/** The pieces in which a text arrives: a word and the space after it. */
export function words(text: string): string[] {
  const pieces = text.split(" ");
  return pieces.map((piece, index) => (index < pieces.length - 1 ? `${piece} ` : piece));
}

export const countTokens = (text: string): number => text.split(/\s+/).filter((word) => word !== "").length;

/** Waits as long as a model thinks before its first word; a stop ends the wait. */
export async function think(state: State, task: Task): Promise<void> {
  const until = Date.now() + state.options.latency;
  while (!task.stopped && Date.now() < until) await pause(Math.min(50, until - Date.now()));
}

/** The words of an answer, a pace apart, until they are all said or the task is stopped. */
export async function* speak(state: State, task: Task, pieces: readonly string[]): AsyncGenerator<string> {
  for (const piece of pieces) {
    if (task.stopped) return;
    yield piece;
    await pause(state.options.pace);
  }
}

/** The usage of a model; its prices are strings, and a price of nothing is written as Python's Decimal writes it. */
export function usage(
  promptTokens: number,
  completionTokens: number,
  seconds: number,
): Record<string, unknown> {
  const total = promptTokens + completionTokens;
  return {
    prompt_tokens: promptTokens,
    prompt_unit_price: "0.001",
    prompt_price_unit: "0.001",
    prompt_price: price(promptTokens),
    completion_tokens: completionTokens,
    completion_unit_price: "0.002",
    completion_price_unit: "0.001",
    completion_price: price(completionTokens * 2),
    total_tokens: total,
    total_price: price(promptTokens + completionTokens * 2),
    currency: "USD",
    latency: seconds,
    time_to_first_token: null,
    time_to_generate: null,
  };
}

/** The usage where no model ran. */
export function noUsage(latency: number, firstToken: number | null, generation: number | null) {
  return {
    prompt_tokens: 0,
    prompt_unit_price: "0.0",
    prompt_price_unit: "0.0",
    prompt_price: "0.0",
    completion_tokens: 0,
    completion_unit_price: "0.0",
    completion_price_unit: "0.0",
    completion_price: "0.0",
    total_tokens: 0,
    total_price: "0.0",
    currency: "USD",
    latency,
    time_to_first_token: firstToken,
    time_to_generate: generation,
  };
}

function price(thousandths: number): string {
  return thousandths === 0 ? "0E-7" : (thousandths / 1_000_000).toFixed(7);
}
