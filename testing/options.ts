/** One key for each of the seeded apps, and the knowledge key. */
export interface FakeDifyKeys {
  /** A plain chat app that echoes. */
  chat: string;
  /** An agent with one tool, the clock; streaming only. */
  agentChat: string;
  /** A chatflow that echoes and counts its turns in conversation variables. */
  chatflow: string;
  /** A text generator with the required input `query`. */
  completion: string;
  /** A workflow with the required input `text`, whose output `result` is "Hello {text}!". */
  workflow: string;
  /** The knowledge base key, good for the datasets and the models. */
  dataset: string;
}

export interface FakeDifyOptions {
  /** Milliseconds between two words of an answer. Default 30; 0 sends them as fast as they are read. */
  pace?: number;
  /** Milliseconds a model thinks before its first word. Default 0. */
  latency?: number;
  /**
   * Milliseconds between the last event of a workflow or chatflow and the end of its stream. Default 100; a real
   * server takes a second.
   */
  tail?: number;
  /** Keys of your own, in place of the generated ones. */
  keys?: Partial<FakeDifyKeys>;
}
