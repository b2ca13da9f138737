/**
 * Text in, lines out. A line ends with LF, CRLF or CR, nothing else (U+2028 is text). Every character is looked at
 * a constant number of times, however small the pieces of a long line are.
 */
export class LineSplitter {
  /** The beginning of a line whose end has not come, in pieces: joining at every push would be quadratic. */
  #pieces: string[] = [];
  #text = "";
  #at = 0;
  /** The text ahead holds no CR, as is the rule with Dify. */
  #plain = true;
  /** The last push ended in CR: a LF at the beginning of the next belongs to it. */
  #afterCr = false;
  #ended = false;

  /** Takes text, cut anywhere. All lines of the text before must have been taken. */
  push(text: string): void {
    let from = 0;
    if (this.#afterCr && text !== "") {
      this.#afterCr = false;
      if (text.charCodeAt(0) === 10) from = 1;
    }
    this.#text = text;
    this.#at = from;
    this.#plain = !text.includes("\r");
  }

  /** No more text will come: what is left is a line. */
  end(): void {
    this.#ended = true;
  }

  /**
   * A shortcut for what nearly every event of Dify's is: takes the lines `data: ...` ahead, each followed by an empty
   * line, and adds their values to `values`.
   */
  takeData(values: string[]): void {
    if (!this.#plain || (this.#pieces.length > 0 && !this.#takeCutData(values))) return;
    const text = this.#text;
    let start = this.#at;
    // As startsWith("data: ", start), at a fraction of its cost.
    while (
      text.charCodeAt(start) === 100 &&
      text.charCodeAt(start + 1) === 97 &&
      text.charCodeAt(start + 2) === 116 &&
      text.charCodeAt(start + 3) === 97 &&
      text.charCodeAt(start + 4) === 58 &&
      text.charCodeAt(start + 5) === 32
    ) {
      const end = text.indexOf("\n", start + 6);
      if (end === -1 || text.charCodeAt(end + 1) !== 10) break;
      values.push(text.slice(start + 6, end));
      start = end + 2;
    }
    this.#at = start;
  }

  /** The same for a line whose beginning was in the text before; false where it is no such line, or has no end yet. */
  #takeCutData(values: string[]): boolean {
    const text = this.#text;
    const end = text.indexOf("\n", this.#at);
    if (end === -1 || text.charCodeAt(end + 1) !== 10) return false;
    // Only this line is joined: with the whole text, all of it would be copied once more.
    const line = this.#pieces.join("") + text.slice(this.#at, end);
    if (!line.startsWith("data: ")) return false;
    values.push(line.slice(6));
    this.#pieces = [];
    this.#at = end + 2;
    return true;
  }

  /** The next whole line without its end, or null where there is none. */
  next(): string | null {
    const text = this.#text;
    const start = this.#at;
    if (start >= text.length && !this.#ended) return null;
    const end = this.#plain ? text.indexOf("\n", start) : endOfLine(text, start);
    if (end === -1) return this.#keep(start);
    this.#at = end + 1;
    if (!this.#plain && text.charCodeAt(end) === 13) {
      if (this.#at === text.length) this.#afterCr = true;
      else if (text.charCodeAt(this.#at) === 10) this.#at++;
    }
    const line = text.slice(start, end);
    if (this.#pieces.length === 0) return line;
    this.#pieces.push(line);
    const joined = this.#pieces.join("");
    this.#pieces = [];
    return joined;
  }

  #keep(start: number): string | null {
    if (start < this.#text.length) this.#pieces.push(start === 0 ? this.#text : this.#text.slice(start));
    this.#text = "";
    this.#at = 0;
    if (!this.#ended || this.#pieces.length === 0) return null;
    const line = this.#pieces.join("");
    this.#pieces = [];
    return line;
  }
}

function endOfLine(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10 || code === 13) return i;
  }
  return -1;
}
