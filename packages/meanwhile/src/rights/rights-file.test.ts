import { describe, expect, test } from "vitest";
import { mostRules, parseRights } from "./rights-file.ts";

describe("a rights file", () => {
  test("has a user, a right and a path a line", () => {
    const rules = parseRights(
      [
        "# who right path",
        "",
        "*  r  /",
        "ann rw /",
        '"Bob Ray"\trw\t/shared/Summer  2024/',
        "*  -  //a//b",
        "eve w /in",
      ].join("\r\n"),
    );
    expect(rules).toEqual([
      { user: undefined, read: true, write: false, path: "/" },
      { user: "ann", read: true, write: true, path: "/" },
      { user: "Bob Ray", read: true, write: true, path: "/shared/Summer  2024" },
      { user: undefined, read: false, write: false, path: "/a/b" },
      { user: "eve", read: false, write: true, path: "/in" },
    ]);
  });

  test('a user whose name is "*" is written in quotes', () => {
    expect(parseRights('"*" r /')).toEqual([{ user: "*", read: true, write: false, path: "/" }]);
  });

  test.each([
    ["ann rw", "line 1: is not a user, a right and a path"],
    ["* r /\nann /shared", "line 2: is not a user, a right and a path"],
    ["ann wr /", 'line 1: the right must be r, w, rw or -, not "wr"'],
    ["ann all /", "line 1: the right must be"],
    ["ann r shared", 'line 1: the path must begin with a slash: "shared"'],
    ["ann r /a/../b", 'line 1: the path must not have "." or ".." in it'],
    ["ann r /a/.", 'line 1: the path must not have "." or ".." in it'],
    ["ann r /a\0b", "line 1: the path must not have"],
    ["* r /a\nann r /a\n* rw //a/", "line 3: says again what an earlier line says"],
    ['"ann r /', "line 1: is not a user"],
    ['"" r /', "line 1: is not a user"],
  ])("%j is refused, naming the line", (text, message) => expect(() => parseRights(text)).toThrow(message));

  test("has a limit", () => {
    const lines = Array.from({ length: mostRules + 1 }, (_, index) => `ann r /${index}`);
    expect(parseRights(lines.slice(1).join("\n"))).toHaveLength(mostRules);
    expect(() => parseRights(lines.join("\n"))).toThrow(
      "line 10001: is one more than the 10000 rules allowed",
    );
  });
});
