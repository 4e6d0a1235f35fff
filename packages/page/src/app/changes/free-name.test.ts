import { expect, test } from "vitest";
import { numberedName } from "./free-name.ts";

test.each([
  ["a.txt", 2, "a (2).txt"],
  ["a.tar.gz", 3, "a (3).tar.gz"],
  ["a (2).txt", 2, "a (3).txt"],
  ["a (9)", 3, "a (11)"],
  ["folder", 2, "folder (2)"],
  [".hidden", 2, ".hidden (2)"],
  ["v1.2 final", 2, "v1.2 final (2)"],
])("%j is followed by number %i as %j", (name, number, expected) =>
  expect(numberedName(name, number)).toBe(expected),
);
