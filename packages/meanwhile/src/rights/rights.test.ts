import { parentOf, type ResourcePath } from "@meanwhile/dav";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRights, readOnly } from "./rights.ts";
import { parseRights } from "./rights-file.ts";

const path = (text: string): ResourcePath => text as ResourcePath;
const rights = (...lines: string[]) => createRights(parseRights(lines.join("\n")));

describe("rights", () => {
  const access = rights(
    "*   r  /",
    "ann rw /",
    "*   -  /private",
    "ann r  /private",
    "bob rw /private/bob",
    "bob w  /drop",
    "*   rw /shared",
  );

  // principal, path, what they may there
  test.each([
    ["ann", "/", "rw"],
    ["ann", "/any/where", "rw"],
    ["ann", "/private", "r"],
    ["ann", "/private/deep/x", "r"],
    ["ann", "/privateer", "rw"],
    ["ann", "/shared/x", "rw"],
    ["bob", "/", "r"],
    ["bob", "/private", "-"],
    ["bob", "/private/bobby", "-"],
    ["bob", "/private/bob/x", "rw"],
    ["bob", "/drop/x", "w"],
    ["bob", "/shared", "rw"],
    ["eve", "/any", "r"],
    ["eve", "/private/bob", "-"],
    [undefined, "/", "-"],
    [undefined, "/shared", "-"],
  ])("%s at %s: %s (longest path, then the user's own)", (principal, place, right) => {
    const letters = (["read", "write"] as const).filter((action) =>
      access.may(principal, action, path(place)),
    );
    expect(letters.map((action) => action[0]).join("") || "-").toBe(right);
  });

  test("what no rule grants is denied", () => {
    expect(rights("ann rw /shared").may("ann", "read", path("/"))).toBe(false);
    expect(rights().may("ann", "read", path("/"))).toBe(false);
  });

  test("names of users that objects have by birth are names like others", () => {
    expect(rights("ann rw /").may("__proto__", "read", path("/"))).toBe(false);
    expect(rights("constructor rw /").may("constructor", "read", path("/"))).toBe(true);
  });

  test("exceptions are where the answer changes below a path, and nowhere else", () => {
    expect(access.exceptions("ann", "write", path("/"))).toEqual(["/private"]);
    expect(access.exceptions("ann", "read", path("/"))).toEqual([]);
    expect(access.exceptions("bob", "read", path("/"))).toEqual(["/private", "/private/bob", "/drop"]);
    expect(access.exceptions("bob", "read", path("/private"))).toEqual(["/private/bob"]);
    expect(access.exceptions("bob", "read", path("/private/bob"))).toEqual([]);
    expect(access.exceptions("eve", "write", path("/shared"))).toEqual([]);
  });

  test("another spelling of a name is no way around a rule", () => {
    const spelled = rights("* rw /", "* - /Private", "* - /Caf\u00e9");
    for (const place of ["/Private", "/private", "/PRIVATE/x", "/Cafe\u0301/x", "/CAF\u00c9"]) {
      expect(spelled.may("ann", "read", path(place))).toBe(false);
    }
    // Nor does a grant reach further than its own spelling.
    const granted = rights("* r /", "* rw /Ann");
    expect(granted.may("ann", "write", path("/Ann"))).toBe(true);
    expect(granted.may("ann", "write", path("/ann"))).toBe(false);
  });

  test("read-only lets read what the rights let read, and write nothing", () => {
    const reading = readOnly(access);
    expect(reading.may("ann", "read", path("/x"))).toBe(true);
    expect(reading.may("ann", "write", path("/x"))).toBe(false);
    expect(reading.may("eve", "read", path("/private"))).toBe(false);
    expect(reading.exceptions("bob", "read", path("/"))).toEqual(access.exceptions("bob", "read", path("/")));
    expect(reading.exceptions("ann", "write", path("/"))).toEqual([]);
  });

  test("a walk that asks only at the exceptions knows what asking everywhere tells", () => {
    const names = fc.constantFrom("a", "b", "c");
    const places = fc.array(names, { maxLength: 4 }).map((parts) => path(`/${parts.join("/")}`));
    const lines = fc.uniqueArray(
      fc.record({
        user: fc.constantFrom("*", "ann", "bob"),
        right: fc.constantFrom("r", "w", "rw", "-"),
        place: places,
      }),
      { selector: ({ user, place }) => `${user} ${place}`, maxLength: 12 },
    );
    fc.assert(
      fc.property(
        lines,
        places,
        places,
        fc.constantFrom("read" as const, "write" as const),
        (rules, start, below, action) => {
          const made = rights(...rules.map(({ user, right, place }) => `${user} ${right} ${place}`));
          const place = path(start === "/" ? below : below === "/" ? start : start + below);
          const exceptions = new Set(made.exceptions("ann", action, start));
          let at: ResourcePath = place;
          while (at !== start && !exceptions.has(at)) at = parentOf(at) ?? start;
          expect(made.may("ann", action, place)).toBe(made.may("ann", action, at));
        },
      ),
    );
  });
});
