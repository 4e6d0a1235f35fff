import { expect, test } from "vitest";
import { codedUrl, parseLockToken } from "./lock-token.ts";

const token = "urn:uuid:a515cfa4-5da4-22e1-f5b5-00a0451e6bf7";

test.each([
  [`<${token}>`, token],
  [` <${token}> `, token],
  [token, token],
  [
    "<opaquelocktoken:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>",
    "opaquelocktoken:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
  ],
  ["<DAV:no-lock>", "DAV:no-lock"],
  ["<http://example.com/locks?a=1>", "http://example.com/locks?a=1"],
])("Lock-Token %s (RFC 4918 §10.5)", (value, uri) => {
  expect(parseLockToken(value)).toBe(uri);
});

test.each([
  undefined,
  "",
  "<>",
  "<",
  `<${token}`,
  `${token}>`,
  `(<${token}>)`,
  `<${token}>, <${token}>`,
  `<<${token}>>`,
  "<token>",
  "<urn:uuid:a b>",
  '<urn:"x">',
  "<urn:\u00E9>",
  "<:x>",
  "<1a:x>",
  "<urn:>",
])("Lock-Token %j is refused with 400 (RFC 4918 §10.5)", (value) => {
  expect(() => parseLockToken(value)).toThrow(expect.objectContaining({ status: 400 }));
});

test("a Coded-URL is read as it was written (RFC 4918 §10.1)", () => {
  expect(codedUrl(token)).toBe(`<${token}>`);
  expect(parseLockToken(codedUrl(token))).toBe(token);
});
