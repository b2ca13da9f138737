/** The name among `known` that `name` was probably meant to be, or undefined where none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = fold(name);
  let best: string | undefined;
  let least = Math.min(3, Math.max(1, Math.floor(plain.length / 3))) + 1;
  for (const candidate of known) {
    const steps = distance(plain, fold(candidate), least);
    if (steps < least) {
      least = steps;
      best = candidate;
    }
  }
  return best;
}

// So that conversationId and Conversation_ID are no steps away from conversation_id. Long names are cut: the cost
// is quadratic and nobody means them.
function fold(name: string): string {
  return name.slice(0, 64).toLowerCase().replace(/[_-]/g, "");
}

/** Levenshtein's distance, where two neighbours that changed places are one step. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const other = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min((previous[j] as number) + 1, (current[j - 1] as number) + 1, other);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, (before[j - 2] as number) + 1);
      current.push(least);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] as number;
}
