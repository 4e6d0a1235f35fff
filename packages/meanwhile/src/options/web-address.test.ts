import { expect, test } from "vitest";
import { parseBaseUrl, parseOrigin } from "./web-address.ts";

test.each([
  ["https://files.example", "https://files.example"],
  ["https://files.example/", "https://files.example"],
  ["HTTP://Files.Example:8080/dav/", "http://files.example:8080/dav"],
  ["https://files.example:443/a%20b", "https://files.example/a%20b"],
])("base URL %s is read without its trailing slash", (typed, url) => {
  expect(parseBaseUrl("--base-url", typed)).toBe(url);
});

test.each([
  "",
  "files.example",
  "ftp://files.example",
  "https://",
  "https://u:p@x.example",
  "https://x.example/?q",
  "https://x.example/#f",
  "https://x.example/?",
])("base URL %j is refused", (typed) =>
  expect(() => parseBaseUrl("--base-url", typed)).toThrow(/^--base-url takes a URL/),
);

test.each([
  ["*", "*"],
  ["https://app.example", "https://app.example"],
  ["https://app.example/", "https://app.example"],
  ["http://localhost:3000", "http://localhost:3000"],
])("origin %s is read", (typed, origin) => expect(parseOrigin("--cors", typed)).toBe(origin));

test.each([
  "",
  "null",
  "app.example",
  "https://app.example/path",
  "https://*.example/x",
  "file:///",
  "https://u@app.example",
])("origin %j is refused", (typed) =>
  expect(() => parseOrigin("--cors", typed)).toThrow(/^--cors takes an origin/),
);
