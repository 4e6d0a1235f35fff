import fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableJson, summary } from "./printable.ts";

test.each([
  ["plain name.txt", "plain name.txt"],
  ["Ünïcode 日本 👩‍👩‍👧.txt", "Ünïcode 日本 👩‍👩‍👧.txt"],
  ["a\nb", "a\\nb"],
  ["a\tb\r", "a\\tb\\r"],
  ["\u001B]0;title\u0007", "\\x1b]0;title\\x07"],
  ["\u009B31m", "\\x9b31m"],
  ["gpj.\u202Eexe", "gpj.\\u202eexe"],
  ["\uD800", "\\ud800"],
  ["back\\slash", "back\\slash"],
  ["back\\x1b", "back\\x1b"],
  ["back\\slash\n", "back\\\\slash\\n"],
])("%j is shown as %s", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

// What a terminal acts upon instead of showing it (ECMA-48).
const acting = /[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/;

test("no text has a character left that the terminal acts upon, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printable(text)).not.toMatch(acting);
      expect(printableJson({ text })).not.toMatch(acting);
    }),
  );
});

test("JSON stays what it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(JSON.parse(printableJson({ text }))).toEqual({ text });
    }),
  );
});

test("a server's words are folded into one line, and cut", () => {
  expect(summary("  no\n\n  more \u001B[31mspace ")).toBe("no more \\x1b[31mspace");
  expect(summary("x".repeat(1000))).toBe(`${"x".repeat(299)}…`);
});
