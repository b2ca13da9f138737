/** Puts the text of an answer together from the events of its stream. */
export class TextCollector {
  #text = "";

  /** Takes an event; true when it closes the answer, so that no more text comes. */
  add(event: unknown): boolean {
    const {
      event: name,
      answer,
      data,
    } = event as { event?: unknown; answer?: unknown; data?: { text?: unknown } };
    switch (name) {
      case "message":
      case "agent_message":
        if (typeof answer === "string") this.#text += answer;
        return false;
      case "message_replace":
        if (typeof answer === "string") this.#text = answer;
        return false;
      case "text_chunk":
        if (typeof data?.text === "string") this.#text += data.text;
        return false;
      case "message_end":
      case "workflow_finished":
      case "workflow_paused":
        return true;
      default:
        return false;
    }
  }

  get text(): string {
    return this.#text;
  }
}
