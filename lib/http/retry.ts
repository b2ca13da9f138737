import type { HttpMethod } from "../core/request";

/** Why an attempt did not succeed. */
export type Failure =
  /** An answer with a failing status came; `retryAfter` in milliseconds, null where it is missing or makes no sense. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfter: number | null }
  /** Nothing of the request ever left: no connection stood. */
  | { readonly kind: "connect" }
  /** The connection broke or fell silent after the request, or a part of it, was sent. */
  | { readonly kind: "lost" };

/** What the decision depends on. */
export interface RetryInput {
  readonly method: HttpMethod;
  readonly failure: Failure;
  /** How often the request was sent before: 0 at the first failure. */
  readonly attempt: number;
  readonly maxRetries: number;
  /** Milliseconds. */
  readonly retryDelay: number;
  /** Milliseconds. */
  readonly maxRetryAfter: number;
  /** Retry whatever broke, whatever the method, as Python does. */
  readonly retryUnsafe: boolean;
  /** Whether the body can be sent again. */
  readonly replayable: boolean;
  /** From 0 to below 1. */
  readonly random: number;
}

const LONGEST_DELAY = 30_000;
const SAFE_METHODS: readonly HttpMethod[] = ["GET", "HEAD", "DELETE"];
const SAFE_STATUSES = [408, 429, 500, 502, 503, 504];

/** Milliseconds to wait before the request is sent again, or null where it is not. Pure. */
export function retryWait(input: RetryInput): number | null {
  const { failure } = input;
  if (input.attempt >= input.maxRetries || !input.replayable || !mayRetry(input)) return null;
  if (failure.kind === "status" && failure.retryAfter !== null) {
    return failure.retryAfter <= input.maxRetryAfter ? failure.retryAfter : null;
  }
  return input.random * longestDelay(input.retryDelay, input.attempt);
}

/** The upper end of the wait before retry number `attempt` (from 0), without Retry-After. */
export function longestDelay(retryDelay: number, attempt: number): number {
  // From 2^1024 on the power is Infinity: no delay stays none.
  return retryDelay === 0 ? 0 : Math.min(LONGEST_DELAY, retryDelay * 2 ** attempt);
}

function mayRetry({ method, failure, retryUnsafe }: RetryInput): boolean {
  switch (failure.kind) {
    case "connect":
      return true;
    case "lost":
      return retryUnsafe || SAFE_METHODS.includes(method);
    case "status":
      if (failure.status === 429 && failure.retryAfter !== null) return true;
      return SAFE_METHODS.includes(method) && SAFE_STATUSES.includes(failure.status);
  }
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC_850 =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * Milliseconds that a Retry-After header asks for: seconds, or a date in any of HTTP's three forms (one that has
 * passed is 0). Null for anything else. Where the header came twice, the longer wait holds. Pure.
 */
export function parseRetryAfter(header: string | readonly string[] | undefined, now: number): number | null {
  if (header === undefined) return null;
  let longest: number | null = null;
  for (const value of typeof header === "string" ? [header] : header) {
    const wait = parseOne(value.trim(), now);
    if (wait !== null && (longest === null || wait > longest)) longest = wait;
  }
  return longest;
}

function parseOne(value: string, now: number): number | null {
  // However long the number is, it asks for a long wait, not for none.
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1_000, Number.MAX_SAFE_INTEGER);
  const time = parseDate(value, now);
  return time === null ? null : Math.max(0, time - now);
}

function parseDate(value: string, now: number): number | null {
  let match = IMF_FIXDATE.exec(value);
  if (match) return utc(match[3], match[2], match[1], match[4], match[5], match[6]);
  match = RFC_850.exec(value);
  if (match) {
    // Two digits of a year: the century that keeps it within 50 years from now (RFC 9110, 5.6.7).
    const thisYear = new Date(now).getUTCFullYear();
    let year = thisYear - (thisYear % 100) + Number(match[3]);
    if (year > thisYear + 50) year -= 100;
    return utc(String(year), match[2], match[1], match[4], match[5], match[6]);
  }
  match = ASCTIME.exec(value);
  return match ? utc(match[6], match[1], match[2], match[3], match[4], match[5]) : null;
}

function utc(...parts: (string | undefined)[]): number | null {
  const [year, name, day, hour, minute, second] = parts;
  const month = MONTHS.indexOf(name ?? "");
  if (month < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  // The day alone tells whether the date exists: a leap second may lead into the next month.
  if (new Date(Date.UTC(Number(year), month, Number(day))).getUTCMonth() !== month) return null;
  return Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
}
