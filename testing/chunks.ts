/** How a document is cut into segments, as the caller gave it. */
export interface ProcessRule {
  mode: string;
  rules: Record<string, unknown> | null;
}

/** The rules of the automatic mode. */
export const AUTOMATIC_RULES = {
  pre_processing_rules: [
    { id: "remove_extra_spaces", enabled: true },
    { id: "remove_urls_emails", enabled: false },
  ],
  segmentation: { delimiter: "\n", max_tokens: 500, chunk_overlap: 50 },
};

interface Segmentation {
  separator?: string;
  max_tokens?: number;
}

/** Cuts a text at the rule's separator, and what is still too long at spaces. */
export function cut(text: string, rule: ProcessRule): string[] {
  const segmentation = (rule.rules?.segmentation ?? {}) as Segmentation;
  const separator = segmentation.separator || "\n";
  const limit = Math.max(1, segmentation.max_tokens ?? 500) * 4;
  const segments: string[] = [];
  for (const part of text.split(separator)) {
    let rest = part.trim();
    while (rest.length > limit) {
      const space = rest.lastIndexOf(" ", limit);
      const end = space > 0 ? space : limit;
      segments.push(rest.slice(0, end));
      rest = rest.slice(end).trim();
    }
    if (rest !== "") segments.push(rest);
  }
  return segments;
}

const STOP_WORDS = new Set(
  "a an and are as at be by for from in into is it its of on or that the then this to with was were will".split(
    " ",
  ),
);

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** The words of a text that a keyword table would hold, as they are written. */
export function keywordsOf(text: string): string[] {
  const found = new Set<string>();
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike && !STOP_WORDS.has(segment.toLowerCase())) found.add(segment);
  }
  return [...found];
}

/** Cosine of the two texts as bags of words: what an embedding model would be asked for. */
export function similarity(a: string, b: string): number {
  const left = bag(a);
  const right = bag(b);
  let product = 0;
  for (const [word, count] of left) product += count * (right.get(word) ?? 0);
  const norm = (counts: Map<string, number>) =>
    Math.sqrt([...counts.values()].reduce((sum, n) => sum + n * n, 0));
  const length = norm(left) * norm(right);
  return length === 0 ? 0 : product / length;
}

function bag(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { segment, isWordLike } of segmenter.segment(text.toLowerCase())) {
    if (isWordLike) counts.set(segment, (counts.get(segment) ?? 0) + 1);
  }
  return counts;
}
