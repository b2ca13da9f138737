import { ValidationError } from "../errors";
import { describe } from "./describe";

const DEFAULT_BASE_URL = "https://api.dify.ai/v1";

/** The base URL, checked and taken apart. */
export function resolveBaseUrl(given: string | undefined): {
  baseUrl: string;
  origin: string;
  basePath: string;
} {
  const text = given ?? (process.env.DIFY_BASE_URL || DEFAULT_BASE_URL);
  const name = given === undefined && process.env.DIFY_BASE_URL ? "DIFY_BASE_URL" : "baseUrl";
  if (typeof text !== "string")
    throw new ValidationError(`${name} must be a URL as a string, got ${describe(text)}`);
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new ValidationError(`${name} must be a URL such as ${DEFAULT_BASE_URL}${got(text)}`);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw new ValidationError(`${name} must begin with https:// or http://${got(text)}`);
  }
  if (url.username || url.password)
    throw new ValidationError(`${name} must not hold a user name or a password`);
  if (url.search || url.hash) throw new ValidationError(`${name} must not have a query or a fragment`);
  let end = url.pathname.length;
  while (url.pathname[end - 1] === "/") end--;
  const basePath = url.pathname.slice(0, end);
  return { baseUrl: url.origin + basePath, origin: url.origin, basePath };
}

/** What was passed for a URL; not shown where it may hold a password or a key. */
function got(text: string): string {
  return /[@?#]|\b(app|dataset)-/.test(text) ? "" : `, got ${JSON.stringify(text)}`;
}
