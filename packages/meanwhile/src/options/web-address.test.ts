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
  ["HTTPS://App.Example:443", "https://app.example"],
  ["null", "null"],
  ["app://obsidian.md", "app://obsidian.md"],
  ["capacitor://localhost", "capacitor://localhost"],
  ["ionic://localhost/", "ionic://localhost"],
  [
    "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
    "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
  ],
  [
    "moz-extension://1E2D3C4B-0000-4000-8000-000000000000",
    "moz-extension://1e2d3c4b-0000-4000-8000-000000000000",
  ],
  ["tauri://localhost:1420", "tauri://localhost:1420"],
])("origin %s is read", (typed, origin) => expect(parseOrigin("--cors", typed)).toBe(origin));

test.each([
  "",
  "Null",
  "app.example",
  "app://",
  "app://u@obsidian.md",
  "app://obsidian.md/path",
  "app://*.md",
  "app:obsidian.md",
  "file://host",
  "data:text/html,x",
  "a b://c",
  "https://app.example/path",
  "https://*.example/x",
  "file:///",
  "https://u@app.example",
])("origin %j is refused", (typed) =>
  expect(() => parseOrigin("--cors", typed)).toThrow(/^--cors takes an origin/),
);
