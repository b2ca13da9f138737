import fc from "fast-check";
import type { HttpMethod } from "../lib/core/request";
import { type Failure, longestDelay, parseRetryAfter, type RetryInput, retryWait } from "../lib/http/retry";

const METHODS: HttpMethod[] = ["GET", "HEAD", "DELETE", "POST", "PUT", "PATCH"];
const SAFE: HttpMethod[] = ["GET", "HEAD", "DELETE"];
const UNSAFE: HttpMethod[] = ["POST", "PUT", "PATCH"];

const input = (given: Partial<RetryInput> & { failure: Failure }): RetryInput => ({
  method: "GET",
  attempt: 0,
  maxRetries: 3,
  retryDelay: 1_000,
  maxRetryAfter: 60_000,
  retryUnsafe: false,
  replayable: true,
  random: 0.5,
  ...given,
});
const status = (code: number, retryAfter: number | null = null): Failure => ({
  kind: "status",
  status: code,
  retryAfter,
});
const connect: Failure = { kind: "connect" };
const lost: Failure = { kind: "lost" };

/** The half of the longest delay, as `random` is 0.5. */
const BACKOFF = 500;

describe("which failure of which method is sent again", () => {
  type Row = [what: string, failure: Failure, safe: number | null, unsafe: number | null];
  const rows: Row[] = [
    ["no connection stood", connect, BACKOFF, BACKOFF],
    ["the answer was lost", lost, BACKOFF, null],
    ["408", status(408), BACKOFF, null],
    ["429 without Retry-After", status(429), BACKOFF, null],
    ["429 with Retry-After", status(429, 7_000), 7_000, 7_000],
    ["429 with Retry-After: 0", status(429, 0), 0, 0],
    ["429 with Retry-After at the limit", status(429, 60_000), 60_000, 60_000],
    ["429 with Retry-After beyond the limit", status(429, 60_001), null, null],
    ["500", status(500), BACKOFF, null],
    ["502", status(502), BACKOFF, null],
    ["503", status(503), BACKOFF, null],
    ["503 with Retry-After", status(503, 2_000), 2_000, null],
    ["503 with Retry-After beyond the limit", status(503, 1e12), null, null],
    ["504", status(504), BACKOFF, null],
  ];
  const never = [
    301, 302, 304, 307, 308, 400, 401, 402, 403, 404, 405, 409, 410, 412, 413, 415, 418, 422, 425, 501, 505,
    507, 511, 599,
  ];
  for (const code of never) {
    rows.push([`${code}`, status(code), null, null]);
    rows.push([`${code} with Retry-After`, status(code, 1_000), null, null]);
  }

  const table = rows.flatMap(([what, failure, safe, unsafe]) => [
    ...SAFE.map((method) => ({ method, what, failure, wait: safe })),
    ...UNSAFE.map((method) => ({ method, what, failure, wait: unsafe })),
  ]);

  test.each(table)("$method, $what: $wait", ({ method, failure, wait }) => {
    expect(retryWait(input({ method, failure }))).toBe(wait);
  });
});

describe("how often", () => {
  const failures: [string, Failure, number[]][] = [
    ["no connection", connect, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]],
    ["503", status(503), [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]],
    ["429 with Retry-After", status(429, 250), [250, 250, 250, 250, 250, 250, 250, 250]],
  ];

  test.each(failures)(
    "after %s: maxRetries times, each wait as the attempt says",
    (_name, failure, waits) => {
      for (const maxRetries of [0, 1, 3, 8]) {
        const found = waits.map((_, attempt) => retryWait(input({ failure, attempt, maxRetries })));
        expect(found).toEqual(waits.map((wait, attempt) => (attempt < maxRetries ? wait : null)));
      }
    },
  );

  test("maxRetries: Infinity never ends, and the wait stays finite", () => {
    for (const attempt of [10, 1_000, 2_000, 1e9]) {
      expect(retryWait(input({ failure: lost, attempt, maxRetries: Number.POSITIVE_INFINITY }))).toBe(15_000);
    }
  });
});

describe("what changes the rule", () => {
  test("a body that cannot be sent again never is, whatever the failure", () => {
    for (const failure of [connect, lost, status(429, 0), status(503)]) {
      for (const method of METHODS) {
        expect(retryWait(input({ failure, method, replayable: false, retryUnsafe: true }))).toBeNull();
      }
    }
  });

  test("retryUnsafe sends any method again when the answer is lost, but no status more, as Python", () => {
    for (const method of METHODS) {
      expect(retryWait(input({ failure: lost, method, retryUnsafe: true }))).toBe(BACKOFF);
      expect(retryWait(input({ failure: status(400), method, retryUnsafe: true }))).toBeNull();
    }
    for (const method of UNSAFE) {
      expect(retryWait(input({ failure: status(500), method, retryUnsafe: true }))).toBeNull();
      expect(retryWait(input({ failure: status(429), method, retryUnsafe: true }))).toBeNull();
    }
  });

  test("maxRetryAfter: 0 honours nothing but 0; Infinity honours all", () => {
    const wait = (retryAfter: number, maxRetryAfter: number) =>
      retryWait(input({ failure: status(429, retryAfter), maxRetryAfter }));
    expect(wait(0, 0)).toBe(0);
    expect(wait(1, 0)).toBeNull();
    expect(wait(1e12, Number.POSITIVE_INFINITY)).toBe(1e12);
  });

  test("retryDelay: 0 waits for nothing; a large one is capped at 30 s", () => {
    expect(retryWait(input({ failure: connect, retryDelay: 0, attempt: 2 }))).toBe(0);
    expect(retryWait(input({ failure: connect, retryDelay: 1e9 }))).toBe(15_000);
    expect(retryWait(input({ failure: connect, retryDelay: Number.POSITIVE_INFINITY }))).toBe(15_000);
  });
});

describe("jitter", () => {
  const attempts = fc.nat({ max: 2_000 });
  const delays = fc.double({ min: 0, max: 1e7, noNaN: true });
  const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  test("is full: the wait is any part of the longest, which doubles up to 30 s", () => {
    fc.assert(
      fc.property(attempts, delays, randoms, (attempt, retryDelay, random) => {
        const longest = longestDelay(retryDelay, attempt);
        expect(longest).toBeLessThanOrEqual(30_000);
        expect(longest).toBe(retryDelay === 0 ? 0 : Math.min(30_000, retryDelay * 2 ** attempt));
        const wait = retryWait(
          input({ failure: lost, attempt, maxRetries: 1e6, retryDelay, random }),
        ) as number;
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(longest);
        expect(wait).toBeCloseTo(random * longest, 6);
      }),
      { numRuns: 5_000, interruptAfterTimeLimit: 1_500 },
    );
  });

  test("does not touch what the server asked for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), randoms, attempts, (retryAfter, random, attempt) => {
        const given = input({ failure: status(429, retryAfter), random, attempt, maxRetries: 1e6 });
        expect(retryWait(given)).toBe(retryAfter);
      }),
      { numRuns: 2_000, interruptAfterTimeLimit: 1_000 },
    );
  });
});

describe("Retry-After", () => {
  const now = Date.UTC(2026, 10, 23, 12, 0, 0);

  test.each<[string, string | string[] | undefined, number | null]>([
    ["missing", undefined, null],
    ["in seconds", "120", 120_000],
    ["0", "0", 0],
    ["with leading zeros", "007", 7_000],
    ["with space around", " 5\t", 5_000],
    ["large", "9000000000000", 9_000_000_000_000_000],
    ["huge", "99999999999999999999", Number.MAX_SAFE_INTEGER],
    ["beyond every number", "9".repeat(1_000), Number.MAX_SAFE_INTEGER],
    ["negative", "-1", null],
    ["with a plus", "+1", null],
    ["a fraction", "1.5", null],
    ["an exponent", "1e3", null],
    ["hexadecimal", "0x10", null],
    ["in other digits", "٣", null],
    ["empty", "", null],
    ["a word", "soon", null],
    ["two numbers", "1 2", null],
    ["Infinity", "Infinity", null],

    ["an IMF-fixdate", "Mon, 23 Nov 2026 12:00:30 GMT", 30_000],
    ["an RFC 850 date", "Monday, 23-Nov-26 12:00:30 GMT", 30_000],
    ["an asctime date", "Mon Nov 23 12:00:30 2026", 30_000],
    ["an asctime date with one digit for the day", "Tue Dec  1 12:00:00 2026", 8 * 86_400_000],
    ["a date that has passed", "Mon, 23 Nov 2026 11:59:59 GMT", 0],
    ["a date long ago", "Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["now", "Mon, 23 Nov 2026 12:00:00 GMT", 0],
    ["a date far ahead", "Fri, 31 Dec 9999 23:59:59 GMT", Date.UTC(9999, 11, 31, 23, 59, 59) - now],
    ["a leap day", "Tue, 29 Feb 2028 00:00:00 GMT", Date.UTC(2028, 1, 29) - now],
    ["a leap second at the end of a year", "Thu, 31 Dec 2026 23:59:60 GMT", Date.UTC(2027, 0, 1) - now],
    ["an RFC 850 date of the century before", "Friday, 31-Dec-99 23:59:59 GMT", 0],
    ["an RFC 850 date 50 years ahead", "Sunday, 01-Nov-76 00:00:00 GMT", Date.UTC(2076, 10, 1) - now],
    ["an RFC 850 date 51 years ahead: it was 49 years ago", "Sunday, 01-Nov-77 00:00:00 GMT", 0],

    ["a date in another zone", "Mon, 23 Nov 2026 12:00:30 CET", null],
    ["a date with an offset", "Mon, 23 Nov 2026 12:00:30 +0000", null],
    ["an ISO date", "2026-11-23T12:00:30Z", null],
    ["a date without the day's name", "23 Nov 2026 12:00:30 GMT", null],
    ["a day that is not", "Sat, 31 Feb 2026 12:00:00 GMT", null],
    ["day 0", "Sat, 00 Dec 2026 12:00:00 GMT", null],
    ["a day that only leap years have", "Mon, 29 Feb 2027 00:00:00 GMT", null],
    ["a month that is not", "Mon, 23 Foo 2026 12:00:30 GMT", null],
    ["hour 24", "Mon, 23 Nov 2026 24:00:00 GMT", null],
    ["minute 60", "Mon, 23 Nov 2026 12:60:00 GMT", null],
    ["second 61", "Mon, 23 Nov 2026 12:00:61 GMT", null],
    ["small letters", "mon, 23 nov 2026 12:00:30 gmt", null],
    ["something behind the date", "Mon, 23 Nov 2026 12:00:30 GMT; x", null],

    ["twice", ["1", "2"], 2_000],
    ["twice, the longer first", ["2", "1"], 2_000],
    ["twice, once as a date", ["10", "Mon, 23 Nov 2026 12:00:30 GMT"], 30_000],
    ["twice, once without sense", ["x", "1"], 1_000],
    ["twice, without sense", ["x", "-1"], null],
    ["twice in one line", "1, 2", null],
    ["no times", [], null],
  ])("%s", (_name, header, milliseconds) => {
    expect(parseRetryAfter(header, now)).toBe(milliseconds);
  });

  test("is a time from now, or nothing, whatever the header", () => {
    const header = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(..."0123456789 :,-GMTonNv") }),
      fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
    );
    fc.assert(
      fc.property(fc.oneof(header, fc.array(header, { maxLength: 3 })), (value) => {
        const wait = parseRetryAfter(value, now);
        if (wait !== null) expect(wait).toBeGreaterThanOrEqual(0);
        if (wait !== null) expect(Number.isFinite(wait)).toBe(true);
      }),
      { numRuns: 20_000, interruptAfterTimeLimit: 1_500 },
    );
  });

  test("every second of HTTP's time, in all three forms, is read as it was meant", () => {
    const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    // Whole seconds, near enough for two digits of a year.
    const seconds = fc.integer({ min: now / 1_000, max: Date.UTC(2075, 0, 1) / 1_000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const date = new Date(second * 1_000);
        const text = date.toUTCString();
        const [, day, month, year, time] = text.split(/[ ,]+/) as [string, string, string, string, string];
        const long = days[date.getUTCDay()] as string;
        const forms = [
          text,
          `${long}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
          `${long.slice(0, 3)} ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`,
        ];
        for (const form of forms) expect(parseRetryAfter(form, now)).toBe(second * 1_000 - now);
      }),
      { numRuns: 3_000, interruptAfterTimeLimit: 1_500 },
    );
  });

  test("of the worst length costs nothing", () => {
    expect(parseRetryAfter("9".repeat(100_000), now)).toBe(Number.MAX_SAFE_INTEGER);
    expect(parseRetryAfter(`${"9".repeat(100_000)}x`, now)).toBeNull();
    expect(parseRetryAfter(`Mon, ${" ".repeat(1_000_000)}x`, now)).toBeNull();
  });
});
