/**
 * Rules of Dify's other APIs that are known to turn up beside those of the service API in the sentence
 * "did you mean ...".
 */
const OTHER_RULES = ["/api/chat-messages", "/api/messages", "/api/conversations"];

/**
 * The sentence that Flask-RESTX appends to a 404 when other addresses resemble the one asked for. It compares with
 * the rules from which it has cut everything between the first `<` and the last `>`, so that several fall together.
 */
export function similarAddresses(path: string, rules: readonly string[]): string {
  const byStem = new Map<string, string>();
  for (const rule of [...OTHER_RULES, ...rules]) byStem.set(rule.replace(/<.*>/, ""), rule);
  const close = [...byStem.keys()]
    .map((stem) => ({ stem, score: ratio(stem, path) }))
    .filter(({ score }) => score >= 0.6)
    .sort((a, b) => b.score - a.score || (a.stem < b.stem ? 1 : -1))
    .slice(0, 3)
    .map(({ stem }) => byStem.get(stem));
  if (close.length === 0) return "";
  return ` You have requested this URI [${path}] but did you mean ${close.join(" or ")} ?`;
}

/** Ratcliff and Obershelp's similarity: twice the matching characters over all characters. */
function ratio(a: string, b: string): number {
  return (2 * matching(a, 0, a.length, b, 0, b.length)) / (a.length + b.length);
}

function matching(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): number {
  let best = 0;
  let bestA = 0;
  let bestB = 0;
  let lengths = new Map<number, number>();
  for (let i = aFrom; i < aTo; i++) {
    const next = new Map<number, number>();
    for (let j = bFrom; j < bTo; j++) {
      if (a[i] !== b[j]) continue;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > best) {
        best = length;
        bestA = i - length + 1;
        bestB = j - length + 1;
      }
    }
    lengths = next;
  }
  if (best === 0) return 0;
  return (
    best + matching(a, aFrom, bestA, b, bFrom, bestB) + matching(a, bestA + best, aTo, b, bestB + best, bTo)
  );
}
