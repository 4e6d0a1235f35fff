import { expect, test } from "vitest";
import { parseLockToken, parseLockTokens } from "./lock-tokens.ts";

const token = "urn:uuid:e71d4fae-5dec-22d6-fea5-00a0c91e6be4";

test.each([token, "opaquelocktoken:a", "http://h/lock?x=1", "1763788279123456789"])(
  "%s is a lock token, with angle brackets or without",
  (text) => {
    expect(parseLockToken("--lock-token", text)).toBe(text);
    expect(parseLockToken("--lock-token", `<${text}>`)).toBe(text);
  },
);

test.each(["", "urn:a b", "urn:a>", "urn:a\r\nX: y", "(<urn:a>)", "ürn:a"])("%j cannot be one", (text) => {
  expect(() => parseLockToken("--lock-token", text)).toThrow(/^--lock-token takes a lock token such as/);
});

test("the environment's are submitted where none is typed", () => {
  const env = { MEANWHILE_LOCK_TOKEN: `${token} <opaquelocktoken:a>` };
  expect(parseLockTokens({}, { env })).toEqual([token, "opaquelocktoken:a"]);
  expect(parseLockTokens({ lockToken: ["urn:b"] }, { env })).toEqual(["urn:b"]);
  expect(parseLockTokens({}, { env: {} })).toEqual([]);
});
