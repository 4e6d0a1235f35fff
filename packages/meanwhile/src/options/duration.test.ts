import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

const day = { minMs: 0, maxMs: 24 * 3_600_000 };

describe("durations", () => {
  test.each([
    ["250ms", 250],
    ["20s", 20_000],
    ["5m", 300_000],
    ["1h", 3_600_000],
    ["0s", 0],
    ["1.5s", 1500],
  ])("%s is read", (typed, ms) => expect(parseDuration("--t", typed, day)).toBe(ms));

  test.each(["", "20", "s", "20 s", "-1s", "1e3s", "20S", "1d", "20s ", "0x10s", ".5s", "9999999999s"])(
    "%j is refused, with the option's name",
    (typed) => expect(() => parseDuration("--t", typed, day)).toThrow(/^--t takes a duration such as 250ms/),
  );

  test("a duration outside the range is refused, with the range", () => {
    expect(() => parseDuration("--t", "25h", day)).toThrow("--t must be between 0ms and 24h, not 25h");
    expect(() => parseDuration("--t", "0ms", { minMs: 1, maxMs: 9 })).toThrow("between 1ms and 9ms");
  });

  test.each([
    [0, "0ms"],
    [250, "250ms"],
    [90_000, "90s"],
    [300_000, "5m"],
    [86_400_000, "24h"],
  ])("%d ms is written as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});
