import { ValidationError } from "../errors";

/** A route such as `/messages/{message_id}/suggested`, ready to be filled. */
export interface PathTemplate {
  readonly route: string;
  /** The names in braces, in order. */
  readonly names: readonly string[];
  readonly literals: readonly string[];
}

/** Takes a route apart. */
export function parseRoute(route: string): PathTemplate {
  const pieces = route.split(/\{(\w+)\}/);
  return {
    route,
    literals: pieces.filter((_, i) => i % 2 === 0),
    names: pieces.filter((_, i) => i % 2 === 1),
  };
}

/** Fills a route with encoded ids. Raises a {@link ValidationError} for an id that would lead elsewhere. */
export function fillPath(template: PathTemplate, value: (name: string) => string, operation: string): string {
  let path = template.literals[0] ?? "";
  for (let i = 0; i < template.names.length; i++) {
    const name = template.names[i] as string;
    path += encodeSegment(value(name), name, operation) + template.literals[i + 1];
  }
  return path;
}

function encodeSegment(value: string, name: string, operation: string): string {
  if (value === "." || value === "..") {
    throw new ValidationError(`${operation}: ${name} must not be "${value}", which leads to another path`, {
      operation,
    });
  }
  if (!value.isWellFormed()) {
    throw new ValidationError(`${operation}: ${name} holds half of a surrogate pair`, { operation });
  }
  return encodeURIComponent(value);
}

/** A query string with its `?`, or `""`. Lists repeat their name; null and undefined are left out. */
export function queryString(fields: Iterable<readonly [string, unknown]>): string {
  let query = "";
  for (const [name, value] of fields) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item === undefined || item === null) continue;
      query += `${query ? "&" : "?"}${encodeURIComponent(name)}=${encodeURIComponent(String(item))}`;
    }
  }
  return query;
}
