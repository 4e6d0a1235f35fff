import { expect, test } from "vitest";
import { isSignedFor } from "./signed-target.ts";

test.each([
  ["/a", "/a", true],
  ["/a%20b", "/a%20b", true],
  ["/a b,c", "/a%20b,c", true],
  ["/%c3%a9", "/%C3%A9", true],
  ["/\u00c3\u00a9", "/%C3%A9", true],
  ["http://files.example/a", "/a", true],
  ["/a", "https://files.example:8443/a", true],
  ["http://files.example", "/", true],
  ["*", "*", true],
  ["/a?q=1", "/a?q=1", true],
  ["/a", "/b", false],
  ["/a", "/a/", false],
  ["/a", "/A", false],
  ["/a", "/a?q=1", false],
  ["/dav/a", "/a", false],
  ["/", "/a", false],
  ["", "/a", false],
  ["http://files.example@evil/a", "/b", false],
  ["/a%2520", "/a%20", false],
])("credentials for %s with a request for %s: %s (RFC 7616 §3.4.6)", (uri, target, signed) => {
  expect(isSignedFor(uri, target)).toBe(signed);
});
