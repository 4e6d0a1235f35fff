import { expect, test } from "vitest";
import { htmlText } from "./html-text.ts";

test.each([
  ["exe.\u202Egpj", "exe.\uFFFDgpj"],
  ["\u2066a\u2069", "\uFFFDa\uFFFD"],
  ["a\u2028b", "a\uFFFDb"],
  ["\0\x01\x1F\x7F\x85", "\u2400\u2401\u241F\u2421\uFFFD"],
  ["\uD800x", "\uFFFDx"],
  ["\u05E9\u05DC\u05D5\u05DD", "\u05E9\u05DC\u05D5\u05DD"],
  ["😀", "😀"],
  [`<>&"'`, "&lt;&gt;&amp;&quot;&#39;"],
])("%j is written as %j, whose direction is its own", (name, written) => {
  expect(htmlText(name)).toBe(written);
});
