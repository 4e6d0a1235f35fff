import { expect, test } from "vitest";
import { disposedName } from "./disposed-name.ts";

test("a member is named by the file name of Content-Disposition (RFC 6266)", () => {
  expect(disposedName('inline; filename="a b.txt"')).toBe("a b.txt");
  expect(disposedName("attachment; filename=\"x.txt\"; filename*=UTF-8''%C3%A4%20b.txt")).toBe("ä b.txt");
});

test("what cannot be a member's name is a 400", () => {
  const fields = [
    "inline",
    'inline; filename=""',
    'inline; filename=".."',
    'inline; filename="a/b"',
    "=",
    undefined,
  ];
  for (const field of [...fields, "inline; filename*=UTF-8''a%2Fb", "inline; filename*=UTF-8''a%00b"]) {
    expect(() => disposedName(field), String(field)).toThrow("Content-Disposition");
  }
});
