type Values = Record<string, unknown>;

/** Where the shape of `actual` is another than that of `expected`: other keys, or other JSON types. */
export function differences(expected: unknown, actual: unknown, at = "$"): string[] {
  if (kind(expected) !== kind(actual)) return [`${at}: ${kind(expected)} recorded, ${kind(actual)} answered`];
  if (Array.isArray(expected)) {
    const items = actual as unknown[];
    if ((expected.length === 0) !== (items.length === 0)) {
      return [`${at}: ${expected.length} items recorded, ${items.length} answered`];
    }
    return expected.length === 0 ? [] : differences(expected[0], items[0], `${at}[0]`);
  }
  if (typeof expected !== "object" || expected === null) return [];
  const found: string[] = [];
  const wanted = expected as Values;
  const given = actual as Values;
  for (const key of Object.keys(wanted)) {
    if (key in given) found.push(...differences(wanted[key], given[key], `${at}.${key}`));
    else found.push(`${at}.${key}: recorded, not answered`);
  }
  for (const key of Object.keys(given)) {
    if (!(key in wanted)) found.push(`${at}.${key}: answered, not recorded`);
  }
  return found;
}

function kind(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Pairs every id in the recorded value, a UUID or a batch's number, with the one that stands in its place. */
export function learnIds(expected: unknown, actual: unknown, ids: Map<string, string>): void {
  if (typeof expected === "string" && typeof actual === "string") {
    const before = expected.match(ID) ?? [];
    const after = actual.match(ID) ?? [];
    if (before.length !== after.length) return;
    before.forEach((id, index) => {
      if (!id.startsWith("00000000-")) ids.set(id, after[index] as string);
    });
  } else if (Array.isArray(expected) && Array.isArray(actual)) {
    for (const [index, item] of expected.entries()) learnIds(item, actual[index], ids);
  } else if (typeof expected === "object" && expected && typeof actual === "object" && actual) {
    for (const [key, value] of Object.entries(expected)) learnIds(value, (actual as Values)[key], ids);
  }
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b\d{20}\b/g;

/** The text with every known id replaced by the one that stands for it. */
export function withIds(text: string, ids: Map<string, string>): string {
  return text.replace(ID, (id) => ids.get(id) ?? id);
}
