import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { localNameRefusal, memberSegment } from "./member-name.ts";

const collection = new URL("http://files.example/a%20b/c/");

describe("memberSegment", () => {
  test.each([
    ["http://files.example/a%20b/c/x", "x"],
    ["http://files.example/a%20b/c/x/", "x"],
    ["http://files.example/a%20b/%63/x%2fy", "x/y"],
    ["http://files.example/a%20b/c/%C3%A9", "é"],
    ["http://files.example/a%20b/c/x?query#part", "x"],
  ])("the name of %s is %j", (member, name) => {
    expect(memberSegment(collection, new URL(member))?.name).toBe(name);
  });

  test.each([
    "http://files.example/a%20b/c/",
    "http://files.example/a%20b/c",
    "http://files.example/a%20b/",
    "http://files.example/",
    "http://files.example/a%20b/c/x/y",
    "http://files.example/a%20b/c//x",
    "http://files.example/a%20b/c/../x",
    "http://files.example/a%20b/d/x",
    "https://files.example/a%20b/c/x",
    "http://files.example:8080/a%20b/c/x",
    "http://other.example/a%20b/c/x",
  ])("%s is no member", (member) => {
    expect(memberSegment(collection, new URL(member))).toBeUndefined();
  });

  test("octets that are no UTF-8 make no name", () => {
    expect(memberSegment(collection, new URL("http://files.example/a%20b/c/%ff"))).toEqual({
      encoded: "%ff",
      name: undefined,
    });
  });
});

describe("localNameRefusal", () => {
  test.each(["", ".", "..", "a/b", "/", "a\0", "\ud800", ".meanwhile-0123456789abcdefABCDEF.part"])(
    "%j is refused everywhere",
    (name) => {
      expect(localNameRefusal(name, "linux")).toBeDefined();
      expect(localNameRefusal(name, "win32")).toBeDefined();
    },
  );

  test.each([
    "a\\b",
    "a:b",
    "a<b",
    "a|b",
    'a"b',
    "a*",
    "aux",
    "Con.txt",
    "COM9",
    "x.",
    "x ",
    "\u0001",
    "CONIN$",
  ])("%j is refused on Windows only", (name) => {
    expect(localNameRefusal(name, "linux")).toBeUndefined();
    expect(localNameRefusal(name, "win32")).toBeDefined();
  });

  test.each(["..a", " a", "console", "com10", "a.con", ".meanwhile-x.part", "é", "\u{1F600}"])(
    "%j is a name anywhere",
    (name) => {
      expect(localNameRefusal(name, "win32")).toBeUndefined();
    },
  );

  test("whatever a server writes, a name that is taken is one segment that leads nowhere else", () => {
    const nasty = fc.array(
      fc.constantFrom("%2f", "%5c", "..", "%2e", ".", "/", "\\", "%00", "%ff", "a", "%c0%af"),
    );
    fc.assert(
      fc.property(nasty, (parts) => {
        const member = new URL(`${collection.href}${parts.join("")}`);
        const name = memberSegment(collection, member)?.name;
        if (name === undefined || localNameRefusal(name, "win32") !== undefined) return;
        expect(name).not.toMatch(/[/\\\0]/);
        expect([".", ".."]).not.toContain(name);
        expect(member.pathname.startsWith(collection.pathname)).toBe(true);
      }),
    );
  });
});
