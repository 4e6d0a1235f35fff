import { expect, test } from "vitest";
import { formatBytes, formatCount, formatTime, nameAmount } from "./amounts.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 KiB"],
  [1536, "1.5 KiB"],
  [10_240, "10 KiB"],
  [1_048_575, "1.0 MiB"],
  [5 * 1024 ** 3, "5.0 GiB"],
  [2000 * 1024 ** 5, "2000 PiB"],
])("%i bytes are %s", (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown);
});

test.each([
  [0, "0"],
  [999, "999"],
  [6001, "6,001"],
  [1_234_567, "1,234,567"],
])("%i is counted as %s", (count, shown) => {
  expect(formatCount(count)).toBe(shown);
});

test.each([
  [0, "0:00"],
  [7400, "0:07"],
  [725_000, "12:05"],
  [10_921_000, "3:02:01"],
  [187_200_000, "2 d 4 h"],
  [-5, "0:00"],
])("%i ms are %s", (milliseconds, shown) => {
  expect(formatTime(milliseconds)).toBe(shown);
});

test("one is a file or folder, and others are files and folders", () => {
  expect([nameAmount(1, "members"), nameAmount(2, "members"), nameAmount(1536, "bytes")]).toEqual([
    "1 file or folder",
    "2 files and folders",
    "1.5 KiB",
  ]);
});
