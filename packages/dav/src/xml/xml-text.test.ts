import fc from "fast-check";
import { expect, test } from "vitest";
import { parseXml } from "./xml-reader.ts";
import { escapeAttribute, escapeText } from "./xml-text.ts";

test.each([
  ["", ""],
  ["plain \u00E9\u{1F600}\t\n", "plain \u00E9\u{1F600}\t\n"],
  ['<a href="x">&amp;\'', '&lt;a href="x"&gt;&amp;amp;\''],
  ["]]>", "]]&gt;"],
  ["a\rb", "a&#13;b"],
  ["\0\x01\x08\x0B\x0C\x1F", "\uFFFD".repeat(6)],
  ["\uFFFE\uFFFF", "\uFFFD\uFFFD"],
  ["\uD800x\uDC00", "\uFFFDx\uFFFD"],
  ["\uDC00\uD800", "\uFFFD\uFFFD"],
  ["\x7F\x85", "\x7F\x85"],
])("the text %j is written %j (XML 1.0 §2.2)", (text, escaped) => {
  expect(escapeText(text)).toBe(escaped);
});

test.each([
  ["plain", "plain"],
  ["\"'<>&", "&quot;&#39;&lt;&gt;&amp;"],
  ["\t\n\r", "&#9;&#10;&#13;"],
  ["\0\uD800", "\uFFFD\uFFFD"],
])("the attribute value %j is written %j (XML 1.0 §3.3.3)", (text, escaped) => {
  expect(escapeAttribute(text)).toBe(escaped);
});

test("whatever the text, it is read as it was, but for characters that XML cannot carry", () => {
  const unit = fc.oneof(
    fc.constantFrom(
      "<",
      "&",
      ">",
      '"',
      "'",
      "\r",
      "\n",
      "\t",
      "]]>",
      "\0",
      "\uFFFE",
      "\uD800",
      "\uDC00",
      "\u{1F600}",
    ),
    fc.string({ unit: "binary", maxLength: 3 }),
  );
  fc.assert(
    fc.property(
      fc.array(unit).map((units) => units.join("")),
      (text) => {
        const root = parseXml(
          `<a b="${escapeAttribute(text)}" c='${escapeAttribute(text)}'>${escapeText(text)}</a>`,
        );
        const carried = wellFormed(text).replace(/[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/g, "\uFFFD");
        expect(root.text).toBe(carried);
        expect(root.attributes.map(({ value }) => value)).toEqual([carried, carried]);
      },
    ),
  );
});

test("escaping twice in a row does not depend on the first time", () => {
  expect([escapeText("a<"), escapeText("a<"), escapeText("<")]).toEqual(["a&lt;", "a&lt;", "&lt;"]);
});

/** Lone surrogates as U+FFFD, by way of UTF-8, which has none. */
function wellFormed(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}
