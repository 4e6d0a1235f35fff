import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatHttpDate, formatRfc3339, parseHttpDate } from "./http-date.ts";

const nowMs = Date.UTC(2026, 0, 15);
const example = Date.UTC(1994, 10, 6, 8, 49, 37);

describe("HTTP-date (RFC 9110 §5.6.7)", () => {
  test.each([
    ["IMF-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", example],
    ["RFC 850", "Sunday, 06-Nov-94 08:49:37 GMT", example],
    ["asctime", "Sun Nov  6 08:49:37 1994", example],
    ["asctime, two digits", "Wed Nov 16 08:49:37 1994", Date.UTC(1994, 10, 16, 8, 49, 37)],
    ["a leap second", "Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)],
    ["29 February", "Thu, 29 Feb 2024 00:00:00 GMT", Date.UTC(2024, 1, 29)],
    ["an RFC 850 year within fifty years", "Friday, 01-Jan-76 00:00:00 GMT", Date.UTC(2076, 0, 1)],
    ["an RFC 850 year more than fifty years ahead", "Friday, 01-Jan-77 00:00:00 GMT", Date.UTC(1977, 0, 1)],
  ])("reads %s", (_what, value, ms) => {
    expect(parseHttpDate(value, nowMs)).toBe(ms);
  });

  test.each([
    "",
    "1994-11-06T08:49:37Z",
    "784111777",
    "Sun, 06 Nov 1994 08:49:37",
    "Sun, 06 Nov 1994 08:49:37 UTC",
    "Sun, 06 Nov 1994 08:49:37 +0000",
    "Sun, 6 Nov 1994 08:49:37 GMT",
    "Sun, 06 Nov 94 08:49:37 GMT",
    "Sun, 31 Feb 2025 08:49:37 GMT",
    "Sat, 29 Feb 2025 08:49:37 GMT",
    "Sun, 00 Nov 1994 08:49:37 GMT",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1994 24:00:00 GMT",
    "Sun, 06 Nov 1994 08:60:37 GMT",
    "Sun, 06 Nov 1994 08:49:61 GMT",
    "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
    " Sun, 06 Nov 1994 08:49:37 GMT",
  ])("does not take %j for a date", (value) => {
    expect(parseHttpDate(value, nowMs)).toBeUndefined();
  });

  test("writes what it reads, whatever the moment", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (second) => {
        expect(parseHttpDate(formatHttpDate(second * 1000), nowMs)).toBe(second * 1000);
        expect(formatHttpDate(second * 1000)).toBe(new Date(second * 1000).toUTCString());
        expect(Date.parse(formatRfc3339(second * 1000))).toBe(second * 1000);
      }),
    );
  });

  test.each([
    [999, "Thu, 01 Jan 1970 00:00:00 GMT"],
    [-5, "Thu, 01 Jan 1970 00:00:00 GMT"],
    [Number.NaN, "Thu, 01 Jan 1970 00:00:00 GMT"],
    [Number.POSITIVE_INFINITY, "Fri, 31 Dec 9999 23:59:59 GMT"],
  ])("writes %d as a moment that clients can read", (ms, text) => {
    expect(formatHttpDate(ms)).toBe(text);
  });
});
