import { expect, test } from "vitest";
import { shownUrl } from "./shown-url.ts";

const page = "http://files.example/.meanwhile/operations/x";

test.each([
  ["http://files.example/Photos%202026/%C3%BC.jpg", "/Photos 2026/ü.jpg"],
  ["http://files.example/a%2Fb%23c%3Fd?e=%20", "/a%2Fb%23c%3Fd?e=%20"],
  ["http://other.example/a%20b", "http://other.example/a b"],
  ["http://files.example/%FF", "http://files.example/%FF"],
  ["/a%20b", "/a%20b"],
  ["job 7", "job 7"],
])("%s is shown as %s", (url, shown) => expect(shownUrl(url, page)).toBe(shown));
