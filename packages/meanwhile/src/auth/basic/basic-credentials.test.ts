import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { longestUserName, parseBasicCredentials } from "./basic-credentials.ts";

const encode = (text: string, encoding: BufferEncoding = "utf8") =>
  Buffer.from(text, encoding).toString("base64");

describe("Basic credentials (RFC 7617 §2)", () => {
  test.each([
    ["QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"],
    ["dGVzdDoxMjPCow==", "test", "123\u00a3"],
    [encode("test:123\u00a3", "latin1"), "test", "123\u00a3"],
    [encode("ann:"), "ann", ""],
    [encode("ann:a:b"), "ann", "a:b"],
    [encode("e\u0301va:u\u0308"), "\u00e9va", "\u00fc"],
    [encode("DOMAIN\\ann:x"), "DOMAIN\\ann", "x"],
    [encode("ann:x").replace(/=+$/, ""), "ann", "x"],
  ])("%s is %s with %j", (token68, user, password) => {
    expect(parseBasicCredentials(token68)).toEqual({ user, password });
  });

  test.each([
    "",
    "=",
    "!!!!",
    "QWxh ZGRpbg==",
    encode("no colon"),
    encode(":password"),
    encode("ann:a\0b"),
    encode("ann:a\nb"),
    encode("an\u007fn:x"),
    encode(`${"x".repeat(longestUserName + 1)}:x`),
  ])("%j are malformed", (token68) => expect(parseBasicCredentials(token68)).toBeUndefined());

  test("whatever comes, nothing is thrown", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseBasicCredentials(text)));
    fc.assert(
      fc.property(
        fc.uint8Array(),
        (bytes) => void parseBasicCredentials(Buffer.from(bytes).toString("base64")),
      ),
    );
  });
});
