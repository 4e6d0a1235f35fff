import { expect, test } from "vitest";
import { previewKind } from "./previewable.ts";

const facts = { href: "/", collection: false, modified: undefined, mayChange: true, lock: undefined };

test.each<[string, number | undefined, string | undefined]>([
  ["a.JPG", 1_000_000, "image"],
  ["a.jpg", 20_000_001, undefined],
  ["notes.txt", 3, "text"],
  ["notes.txt", 300_000, undefined],
  ["notes.txt", 0, undefined],
  ["notes.txt", undefined, undefined],
  ["page.html", 3, undefined],
  ["report.pdf", 3, undefined],
  ["txt", 3, "text"],
])("%s of %s bytes is shown as %s", (name, length, kind) => {
  expect(previewKind({ ...facts, name, length })).toBe(kind);
});

test("a folder is never shown so", () => {
  expect(previewKind({ ...facts, name: "a.txt", length: 3, collection: true })).toBeUndefined();
});
