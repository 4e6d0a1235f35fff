import { expect, test } from "vitest";
import { formatBytes, formatDate, formatDayAndTime, formatDuration } from "./format.ts";

test.each([
  [0, "en", "0 B"],
  [999, "en", "999 B"],
  [1000, "en", "1.0 kB"],
  [1_500_000, "de", "1,5 MB"],
  [99_949, "en", "100 kB"],
  [999_499, "en", "999 kB"],
  [999_500, "en", "1.0 MB"],
  [2e15, "en", "2.0 PB"],
  [2e18, "en", "2,000 PB"],
])("%i bytes in %s are %s", (bytes, language, text) => expect(formatBytes(bytes, language)).toBe(text));

test("a date of today is a time, another a day", () => {
  const now = new Date(2026, 0, 15, 18, 0);
  expect(formatDate(new Date(2026, 0, 15, 9, 5), now, "de")).toBe("09:05");
  expect(formatDate(new Date(2026, 0, 14, 9, 5), now, "de")).toBe("14.01.2026");
});

test("two times of one day are told apart", () => {
  const [one, other] = [5, 6].map((minute) => formatDayAndTime(new Date(2026, 0, 15, 9, minute), "de"));
  expect([one, other]).toEqual(["15.01.2026, 09:05", "15.01.2026, 09:06"]);
});

test.each([
  [-1, "0:00"],
  [65.4, "1:05"],
  [3723, "1:02:03"],
])("%f seconds are %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
