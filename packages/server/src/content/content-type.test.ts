import { expect, test } from "vitest";
import { contentTypeOf, isActiveContent } from "./content-type.ts";

test.each([
  ["notes.txt", "text/plain; charset=utf-8"],
  ["NOTES.TXT", "text/plain; charset=utf-8"],
  ["table.csv", "text/csv; charset=utf-8"],
  ["page.html", "text/html"],
  ["drawing.svg", "image/svg+xml"],
  ["photo.jpg", "image/jpeg"],
  ["archive.tar.gz", "application/gzip"],
  ["README", "application/octet-stream"],
  [".htaccess", "application/octet-stream"],
  ["ends.", "application/octet-stream"],
  ["odd.constructor", "application/octet-stream"],
  [`long.${"x".repeat(300)}`, "application/octet-stream"],
  ["line\r\nbreak.t\r\nxt", "application/octet-stream"],
])("a document named %j is %s (RFC 9110 §8.3)", (name, type) => {
  expect(contentTypeOf(name)).toBe(type);
});

test.each([
  ["page.html", true],
  ["page.xhtml", true],
  ["drawing.svg", true],
  ["feed.xml", true],
  ["feed.atom", true],
  ["sheet.xslt", true],
  ["page.mhtml", true],
  ["notes.txt", false],
  ["paper.pdf", false],
  ["photo.jpg", false],
])("a browser may run scripts in %s: %s", (name, active) => {
  expect(isActiveContent(contentTypeOf(name))).toBe(active);
});
