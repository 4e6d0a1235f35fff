import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesStrongly, matchesWeakly, parseEntityTagList } from "./entity-tag.ts";

describe("lists of entity tags (RFC 9110 §8.8.3, §13.1.1)", () => {
  test.each([
    ["*", "*"],
    [" * ", "*"],
    ['"xyzzy"', ['"xyzzy"']],
    ['"xyzzy", "r2d2xxxx", "c3piozzzz"', ['"xyzzy"', '"r2d2xxxx"', '"c3piozzzz"']],
    ['W/"xyzzy", W/"r2d2xxxx"', ['W/"xyzzy"', 'W/"r2d2xxxx"']],
    ['"a,b","c"', ['"a,b"', '"c"']],
    ['"*"', ['"*"']],
    [',, "a" ,\t"b",', ['"a"', '"b"']],
    ['""', ['""']],
    // One word without quotes, as Joplin sends it with each change.
    ["xyzzy", ['"xyzzy"']],
    [" Some-Word_1.2 ", ['"Some-Word_1.2"']],
    ['"\xe9\\"', ['"\xe9\\"']],
  ])("reads %j", (value, list) => {
    expect(parseEntityTagList(value)).toEqual(list);
  });

  test.each([
    "",
    ",",
    "a, b",
    "a b",
    "W/a",
    "a*",
    "a=",
    "\xe9",
    '"xyzzy',
    'w/"xyzzy"',
    '"a" "b"',
    '*, "a"',
    '"a", *',
    '"a b"',
    '"a"b',
    "'a'",
  ])("does not take %j for a list", (value) => {
    expect(parseEntityTagList(value)).toBeUndefined();
  });

  test("reads whatever list it is given, in a time that grows with its length only", () => {
    const tag = fc.tuple(fc.constantFrom("", "W/"), fc.stringMatching(/^[\x21\x23-\x7e]*$/));
    const tags = tag.map(([weak, opaque]) => `${weak}"${opaque}"`);
    fc.assert(
      fc.property(fc.array(tags, { minLength: 1 }), (list) => {
        expect(parseEntityTagList(list.join(" ,"))).toEqual(list);
      }),
    );
  });
});

test.each([
  ['W/"1"', 'W/"1"', false, true],
  ['W/"1"', 'W/"2"', false, false],
  ['W/"1"', '"1"', false, true],
  ['"1"', '"1"', true, true],
])("%s and %s compare as RFC 9110 §8.8.3.2 has it", (a, b, strongly, weakly) => {
  expect(matchesStrongly(a, b)).toBe(strongly);
  expect(matchesWeakly(a, b)).toBe(weakly);
});
