import { expect, test } from "vitest";
import { CommandError } from "../command-error.ts";
import { parseOperationsPath } from "./operations-path.ts";

test.each([
  ["/.meanwhile/operations/", "/.meanwhile/operations/"],
  ["/jobs", "/jobs/"],
  ["//a//b//", "/a/b/"],
  ["/%61%20b/", "/a%20b/"],
])("%s is the collection %s", (typed, path) => {
  expect(parseOperationsPath("--operations-path", typed)).toBe(path);
});

test.each([
  "",
  "/",
  "//",
  "jobs/",
  "/../jobs/",
  "/a/%2e%2e/b/",
  "/a%2Fb/",
  "/%zz/",
  "/a?b",
  "/a#b",
  "/a b/",
  "/\u00e4/",
])("%j is no place for operations", (typed) => {
  expect(() => parseOperationsPath("--operations-path", typed)).toThrow(CommandError);
  expect(() => parseOperationsPath("--operations-path", typed)).toThrow(
    "--operations-path takes a path such as",
  );
});
