import type { Handler } from "./call";
import { similarAddresses } from "./similar";

/** Whose key a route takes; `none` is open. */
export type KeyKind = "app" | "dataset" | "none";

/** Where a route reads `user` from, if at all, and whether it insists on one. */
export interface UserRule {
  from: "json" | "form" | "query";
  required?: boolean;
}

export interface Route {
  method: string;
  /** Without the `/v1`, in Werkzeug's notation: `/messages/<uuid:message_id>/feedbacks`. */
  rule: string;
  key: KeyKind;
  user?: UserRule;
  handler: Handler;
}

interface Entry {
  pattern: RegExp;
  names: string[];
  methods: Map<string, Route>;
}

export type Match = { route: Route; params: Record<string, string> } | "no such path" | "wrong method";

const CONVERTERS: Record<string, string> = {
  uuid: "[A-Fa-f0-9]{8}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{4}-[A-Fa-f0-9]{12}",
  string: "[^/]+",
};

/** Finds the route of a request the way Werkzeug does: fixed words before variables, malformed UUIDs match nothing. */
export class Router {
  private readonly entries = new Map<string, Entry>();
  private readonly sorted: Entry[];

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      let entry = this.entries.get(route.rule);
      if (!entry) {
        entry = { ...compile(route.rule), methods: new Map() };
        this.entries.set(route.rule, entry);
      }
      entry.methods.set(route.method, route);
    }
    this.sorted = [...this.entries.values()].sort((a, b) => a.names.length - b.names.length);
  }

  /** @param path the path without `/v1`, still percent-encoded */
  match(method: string, path: string): Match {
    let wrongMethod = false;
    for (const { pattern, names, methods } of this.sorted) {
      const found = pattern.exec(path);
      if (!found) continue;
      const route = methods.get(method) ?? (method === "HEAD" ? methods.get("GET") : undefined);
      if (!route) {
        wrongMethod = true;
        continue;
      }
      const params: Record<string, string> = {};
      names.forEach((name, index) => {
        params[name] = decode(found[index + 1] ?? "");
      });
      return { route, params };
    }
    return wrongMethod ? "wrong method" : "no such path";
  }

  /** The sentence about similar addresses that Flask-RESTX appends to a 404, or nothing. */
  suggestion(path: string): string {
    return similarAddresses(
      path,
      [...this.entries.keys()].map((rule) => `/v1${rule}`),
    );
  }
}

function compile(rule: string): { pattern: RegExp; names: string[] } {
  const names: string[] = [];
  const source = rule.replace(/<(\w+):(\w+)>/g, (_, converter: string, name: string) => {
    names.push(name);
    return `(${CONVERTERS[converter]})`;
  });
  return { pattern: new RegExp(`^${source}$`), names };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
