import fc from "fast-check";
import { expect, test } from "vitest";
import { displayWidth, shorten, truncate } from "./display-width.ts";

test.each([
  ["", 0],
  ["abc", 3],
  ["Ünïcode", 7],
  ["u\u0308", 1],
  ["日本", 4],
  ["한국", 4],
  ["ｆｕｌｌ", 8],
  ["👍", 2],
  ["👩‍👩‍👧", 2],
  ["❤️", 2],
  ["…", 1],
])("%s is %i columns wide", (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

test.each([
  ["holiday photos.zip", 30, "holiday photos.zip"],
  ["holiday photos.zip", 10, "holid….zip"],
  ["日本語の文書", 6, "日…書"],
  ["abc", 1, "…"],
  ["abc", 0, ""],
])("%s in %i columns is %s", (text, columns, shown) => {
  expect(shorten(text, columns)).toBe(shown);
});

test("nothing gets wider than asked for", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, columns) => {
      expect(displayWidth(shorten(text, columns))).toBeLessThanOrEqual(columns);
      expect(displayWidth(truncate(text, columns))).toBeLessThanOrEqual(columns);
    }),
  );
});
