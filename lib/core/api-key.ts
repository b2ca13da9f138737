import { ValidationError } from "../errors";
import { describe } from "./describe";

/** The key, from the argument or the environment, checked. */
export function resolveApiKey(given: string | null | undefined, variables: readonly string[]): string {
  let key: unknown = given;
  let name = "apiKey";
  if (key === undefined || key === null) {
    for (const variable of variables) {
      if (process.env[variable]) {
        key = process.env[variable];
        name = variable;
        break;
      }
    }
    if (key === undefined || key === null)
      throw new ValidationError(`apiKey is required: pass it, or set ${variables.join(" or ")}`);
  }
  if (typeof key !== "string") throw new ValidationError(`${name} must be a string, got ${describe(key)}`);
  if (key.trim() === "") throw new ValidationError(`${name} must not be empty`);
  if (/^https?:\/\//i.test(key))
    throw new ValidationError(`${name} must be a key, got a URL: the key comes first, then the base URL`);
  // The key itself is never shown.
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new ValidationError(`${name} must not hold spaces, line breaks or other than ASCII characters`);
  return key;
}
