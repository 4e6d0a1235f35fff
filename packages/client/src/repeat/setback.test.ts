import { describe, expect, test } from "vitest";
import { longestRetryAfterMs, retryAfterMs } from "./setback.ts";

describe("retryAfterMs (RFC 9110 §10.2.3)", () => {
  const date = "Sun, 22 Nov 2026 04:00:00 GMT";
  test.each([
    ["seconds", { "retry-after": "5" }, 5_000],
    ["no time at all", { "retry-after": "0" }, 0],
    ["white space around", { "retry-after": " 7 " }, 7_000],
    ["a date, seen from the response's own", { "retry-after": "Sun, 22 Nov 2026 04:00:09 GMT", date }, 9_000],
    ["a date that is over", { "retry-after": "Sun, 22 Nov 2026 03:00:00 GMT", date }, 0],
    ["a day, capped", { "retry-after": "86400" }, longestRetryAfterMs],
    ["a far date, capped", { "retry-after": "Sun, 22 Nov 2099 04:00:00 GMT", date }, longestRetryAfterMs],
    ["digits without end, capped", { "retry-after": "9".repeat(400) }, longestRetryAfterMs],
    ["a date without a Date", { "retry-after": "Sun, 22 Nov 2026 04:00:09 GMT" }, undefined],
    ["a negative number", { "retry-after": "-5" }, undefined],
    ["a fraction", { "retry-after": "1.5" }, undefined],
    ["nonsense", { "retry-after": "soon", date }, undefined],
    ["nothing", { "retry-after": "" }, undefined],
    ["no field", {}, undefined],
  ] as [string, Record<string, string>, number | undefined][])("reads %s", (_what, fields, ms) => {
    expect(retryAfterMs(new Headers(fields))).toBe(ms);
  });
});
