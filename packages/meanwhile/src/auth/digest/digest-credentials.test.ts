import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAuthParams } from "./auth-params.ts";
import { parseDigestCredentials } from "./digest-credentials.ts";

describe("parameters of credentials (RFC 9110 §11.2)", () => {
  test.each([
    ["", {}],
    ["a=b", { a: "b" }],
    ['A = "b" , c=d', { a: "b", c: "d" }],
    ['uri="/a,b, c=d",e=f', { uri: "/a,b, c=d", e: "f" }],
    ['a="q\\"\\\\x"', { a: 'q"\\x' }],
    [",, a=b ,,c=d,", { a: "b", c: "d" }],
    ["username*=UTF-8''J%C3%A4s", { "username*": "UTF-8''J%C3%A4s" }],
  ])("%s", (text, params) => {
    const parsed = parseAuthParams(text);
    expect(parsed && Object.fromEntries([...parsed].map(([name, { value }]) => [name, value]))).toEqual(
      params,
    );
  });

  test.each(["a", 'a="b', "a=b c=d", "a=b; c=d", "=b", "a=b,A=c", '"a"=b', 'a="b"c', "a="])(
    "%j is malformed",
    (text) => {
      expect(parseAuthParams(text)).toBeUndefined();
    },
  );

  test("there are at most 32", () => {
    const params = Array.from({ length: 33 }, (_, index) => `p${index}=x`);
    expect(parseAuthParams(params.slice(1).join(","))?.size).toBe(32);
    expect(parseAuthParams(params.join(","))).toBeUndefined();
  });

  test("hostile input is refused in no time, and throws nothing", () => {
    // Reading that goes back would take minutes over these.
    for (const text of [
      'a="'.repeat(300_000),
      `${" ".repeat(1_000_000)}x`,
      ",".repeat(1_000_000),
      `a="${"\\".repeat(1_000_000)}`,
    ]) {
      parseAuthParams(text);
    }
    fc.assert(fc.property(fc.string(), (text) => void parseAuthParams(text)));
  });
});

describe("Digest credentials (RFC 7616 §3.4)", () => {
  const complete: Record<string, string> = {
    username: '"ann"',
    realm: '"Files"',
    nonce: '"n"',
    uri: '"/x"',
    response: `"${"A".repeat(32)}"`,
    qop: "auth",
    nc: "0000000A",
    cnonce: '"c"',
  };
  const parse = (changes: Record<string, string | undefined>) =>
    parseDigestCredentials(
      Object.entries({ ...complete, ...changes })
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${value}`)
        .join(", "),
    );

  test("are read, with MD5 where no algorithm is named (§3.3)", () => {
    expect(parse({})).toEqual({
      userNames: ["ann"],
      realm: "Files",
      nonce: "n",
      uri: "/x",
      algorithm: "MD5",
      response: "a".repeat(32),
      nonceCount: "0000000A",
      clientNonce: "c",
    });
    expect(parse({ algorithm: "sha-256", response: "b".repeat(64) })?.algorithm).toBe("SHA-256");
    expect(parse({ algorithm: '"MD5"', qop: '"auth"' })?.algorithm).toBe("MD5");
  });

  test.each([
    [{ username: '"DOMAIN\\\\ann"' }, ["DOMAIN\\ann", "DOMAIN\\\\ann"]],
    [{ username: '"DOMAIN\\ann"' }, ["DOMAINann", "DOMAIN\\ann"]],
    [{ username: '"J\u00c3\u00a4s"' }, ["J\u00e4s"]],
    [{ username: '"J\u00e4s"' }, ["J\u00e4s"]],
    [{ username: undefined, "username*": "UTF-8''J%C3%A4s%20x" }, ["J\u00e4s x"]],
  ])("%j: the user may be %j", (changes, names) => expect(parse(changes)?.userNames).toEqual(names));

  test.each([
    { username: undefined },
    { username: '""' },
    { username: `"${"x".repeat(257)}"` },
    { "username*": "UTF-8''ann" },
    { username: undefined, "username*": "ISO-8859-1''ann" },
    { username: undefined, "username*": "UTF-8''%ff" },
    { realm: undefined },
    { nonce: undefined },
    { uri: undefined },
    { uri: '""' },
    { response: undefined },
    { response: '"zz"' },
    { response: `"${"a".repeat(64)}"` },
    { algorithm: "SHA-256" },
    { algorithm: "MD5-sess" },
    { algorithm: "SHA-512-256", response: "a".repeat(64) },
    { qop: undefined },
    { qop: "auth-int" },
    { nc: undefined },
    { nc: "1" },
    { nc: "0000000g" },
    { cnonce: undefined },
    { cnonce: '""' },
    { userhash: "true" },
  ])("with %j they are malformed, or not what was offered", (changes) =>
    expect(parse(changes)).toBeUndefined(),
  );
});
