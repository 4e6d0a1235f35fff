/** Every exported function and class says what it is for. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const sources = readdirSync("packages", { recursive: true, encoding: "utf8" })
  .map((name) => `packages/${name.replaceAll("\\", "/")}`)
  .filter((name) => /\/src\/.*\.ts$/.test(name))
  .filter((name) => !/\.test\.ts$|\/testing|\/test-[^/]*$|\/(?:node_modules|dist)\//.test(name));

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
