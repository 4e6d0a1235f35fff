import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DavError } from "./error.ts";
import {
  encodeName,
  encodePath,
  hasTrailingSlash,
  isWithin,
  memberPath,
  nameOf,
  namesOf,
  parentOf,
  parsePath,
  type ResourcePath,
  rebase,
  rootPath,
} from "./path.ts";

/** Names that a tree can have: any well-formed text but "", ".", "..", without slash and NUL. */
const name = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((text) => text !== "." && text !== ".." && !/[/\0]/.test(text));
const path = fc
  .array(name, { maxLength: 5 })
  .map((names) =>
    names.reduce<ResourcePath>((collection, member) => memberPath(collection, member), rootPath),
  );

describe("parsePath", () => {
  test.each([
    ["/", "/"],
    ["//", "/"],
    ["/a", "/a"],
    ["/a/", "/a"],
    ["//a///b//", "/a/b"],
    ["/a%20b", "/a b"],
    ["/%41", "/A"],
    ["/caf%C3%A9", "/caf\u00E9"],
    ["/cafe%CC%81", "/cafe\u0301"],
    ["/%F0%9F%98%80", "/\u{1F600}"],
    ["/a+b", "/a+b"],
    ["/a%2Bb", "/a+b"],
    ["/...", "/..."],
    ["/.a", "/.a"],
    ["/..a", "/..a"],
    ["/a%5Cb", "/a\\b"],
    ["/a%0Ab", "/a\nb"],
    ["/%252e%252e", "/%2e%2e"],
    ["/%252F", "/%2F"],
  ])("reads %s as %j (RFC 3986 §2.1)", (encoded, decoded) => {
    expect(parsePath(encoded)).toBe(decoded);
  });

  test.each([
    "",
    "a",
    "a/b",
    "*",
    "http://host/a",
    "/.",
    "/..",
    "/a/../b",
    "/a/./b",
    "/a/..",
    "/%2e",
    "/%2E%2e",
    "/.%2e/a",
    "/%2e./a",
    "/a%2Fb",
    "/a%2fb",
    "/%2F",
    "/..%2Fa",
    "/%2e%2e%2fetc",
    "/a%00b",
    "/%00",
    "/%",
    "/%4",
    "/%zz",
    "/%u0041",
    "/%FF",
    "/%C0%AE%C0%AE",
    "/%C0%AF",
    "/%E0%80%AE",
    "/%ED%A0%80",
    "/%F4%90%80%80",
    "/caf%C3",
  ])("refuses %s with 400 (RFC 3986 §2.1, §3.3)", (encoded) => {
    expect(() => parsePath(encoded)).toThrow(expect.objectContaining({ status: 400 }));
  });

  test("undoes encodePath for every name (RFC 4918 §8.3)", () => {
    fc.assert(
      fc.property(path, fc.boolean(), (resource, collection) => {
        const encoded = encodePath(resource, collection);
        expect(encoded).toMatch(/^[A-Za-z0-9._~%/-]+$/);
        expect(parsePath(encoded)).toBe(resource);
        expect(hasTrailingSlash(encoded)).toBe(collection || resource === "/");
      }),
    );
  });

  test("gives a path without empty, dot or dot-dot names, or a DavError, whatever comes", () => {
    const piece = fc.constantFrom(
      "/",
      ".",
      "..",
      "%2e",
      "%2E",
      "%2f",
      "%00",
      "%",
      "a",
      "\u00E9",
      "%C3%A9",
      "\\",
      " ",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        try {
          for (const member of namesOf(parsePath(pieces.join("")))) {
            expect(["", ".", ".."]).not.toContain(member);
            expect(member).not.toMatch(/[/\0]/);
          }
        } catch (error) {
          if (!(error instanceof DavError)) throw error;
          expect(error.status).toBe(400);
        }
      }),
    );
  });

  test("writes lone surrogates, which no URL can carry, as U+FFFD", () => {
    expect(encodeName("a\uD800b")).toBe("a%EF%BF%BDb");
    expect(encodeName("\uDC00")).toBe("%EF%BF%BD");
    expect(encodeName("\u{1F600}")).toBe("%F0%9F%98%80");
  });

  test("encodes the marks that some clients do not expect", () => {
    expect(encodeName("it's (a) *!")).toBe("it%27s%20%28a%29%20%2A%21");
  });
});

describe("paths within each other", () => {
  test.each([
    ["/a/b", "/a", true],
    ["/a", "/a", true],
    ["/a", "/", true],
    ["/", "/", true],
    ["/ab", "/a", false],
    ["/a", "/a/b", false],
    ["/", "/a", false],
    ["/A/b", "/a", false],
  ])("%s within %s: %s", (inner, outer, within) => {
    expect(isWithin(parsePath(inner), parsePath(outer))).toBe(within);
  });

  test.each([
    ["/a/b", "/a", "/x", "/x/b"],
    ["/a", "/a", "/x/y", "/x/y"],
    ["/a", "/a", "/", "/"],
    ["/a/b", "/a", "/", "/b"],
    ["/a", "/", "/x", "/x/a"],
    ["/", "/", "/x", "/x"],
    ["/", "/", "/", "/"],
  ])("%s from %s to %s is %s", (resource, from, to, result) => {
    expect(rebase(parsePath(resource), parsePath(from), parsePath(to))).toBe(result);
  });

  test("rebasing there and back changes nothing", () => {
    fc.assert(
      fc.property(path, path, path, (from, to, below) => {
        const resource = rebase(below, rootPath, from);
        expect(isWithin(resource, from)).toBe(true);
        const moved = rebase(resource, from, to);
        expect(isWithin(moved, to)).toBe(true);
        expect(rebase(moved, to, from)).toBe(resource);
      }),
    );
  });

  test("a member's parent is its collection, and its name its own", () => {
    fc.assert(
      fc.property(path, name, (collection, member) => {
        const resource = memberPath(collection, member);
        expect(parentOf(resource)).toBe(collection);
        expect(nameOf(resource)).toBe(member);
        expect(namesOf(resource)).toEqual([...namesOf(collection), member]);
      }),
    );
  });

  test("the root has no parent, no name and no names", () => {
    expect(parentOf(rootPath)).toBeUndefined();
    expect(nameOf(rootPath)).toBe("");
    expect(namesOf(rootPath)).toEqual([]);
  });
});
