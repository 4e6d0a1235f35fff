import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseChallenges } from "./challenge.ts";

describe("parseChallenges (RFC 9110 §11.6.1)", () => {
  test.each<[string | null, readonly (readonly [string, Readonly<Record<string, string>>])[]]>([
    [null, []],
    ["", []],
    ["Basic", [["basic", {}]]],
    ['Basic realm="a"', [["basic", { realm: "a" }]]],
    ['BASIC Realm = "a, b\\"c\\\\"', [["basic", { realm: 'a, b"c\\' }]]],
    ["Basic realm=simple", [["basic", { realm: "simple" }]]],
    [
      'Digest realm="a", qop="auth,auth-int", algorithm=SHA-256, nonce="x=y", stale=TRUE, Basic realm="b", charset="UTF-8"',
      [
        ["digest", { realm: "a", qop: "auth,auth-int", algorithm: "SHA-256", nonce: "x=y", stale: "TRUE" }],
        ["basic", { realm: "b", charset: "UTF-8" }],
      ],
    ],
    [
      'Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"',
      [
        ["newauth", { realm: "apps", type: "1", title: 'Login to "apps"' }],
        ["basic", { realm: "simple" }],
      ],
    ],
    [
      "Negotiate, NTLM TlRMTVNTUAAC==, Bearer",
      [
        ["negotiate", {}],
        ["ntlm", {}],
        ["bearer", {}],
      ],
    ],
    [
      ",, Basic realm=a,, ,Bearer",
      [
        ["basic", { realm: "a" }],
        ["bearer", {}],
      ],
    ],
    ['Basic realm="a", realm="b"', [["basic", { realm: "a" }]]],
    ['Basic realm="a', [["basic", {}]]],
    ['realm="a"', []],
    ['Basic realm="a" Digest nonce="b"', [["basic", {}]]],
  ])("%j is %j", (value, expected) => {
    expect(
      parseChallenges(value).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]),
    ).toEqual(expected);
  });

  test("reads the first 16,384 characters and 16 challenges, in no time", () => {
    expect(parseChallenges("Basic, ".repeat(100))).toHaveLength(16);
    // Reading that goes back would take minutes over these.
    parseChallenges(`Digest a="${"\\".repeat(1_000_000)}`);
    parseChallenges(" ".repeat(1_000_000));
    parseChallenges(`Basic ${"a=".repeat(500_000)}`);
  });
});

test("whatever a server sends is read to its end", () => {
  const part = fc.oneof(
    fc.constantFrom("Basic", "Digest ", "realm=", '"a"', '"', "\\", ",", " ", "=", "token68==", "\t", "é"),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
      expect(parseChallenges(parts.join("")).length).toBeLessThanOrEqual(16);
    }),
  );
  expect(parseChallenges(" ".repeat(100_000))).toEqual([]);
  expect(parseChallenges(`Basic ${",".repeat(100_000)}`)).toHaveLength(1);
});
