/** Every exported function and class says what it is for. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesBelow } from "./files.ts";

const sources = filesBelow("packages").filter(
  (name) => /\/src\/.*\.ts$/.test(name) && !/\.test\.ts$|\/testing|\/test-[^/]*$/.test(name),
);

const exported =
  /^export (?:(?:async )?function|(?:abstract )?class|const \w+ = (?:async )?(?:\(|function|<))/;

test("what is exported has a doc comment before it", () => {
  expect(sources.length).toBeGreaterThan(300);
  const bare = sources.flatMap((file) => {
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.flatMap((line, at) => {
      if (!exported.test(line)) return [];
      const before = lines.slice(0, at).findLast((earlier) => !/^\s*\/\//.test(earlier)) ?? "";
      // The overloads of one function share a comment.
      return before.endsWith("*/") || exported.test(before) ? [] : [`${file}:${at + 1} ${line}`];
    });
  });
  expect(bare).toEqual([]);
});
