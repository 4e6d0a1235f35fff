/** A test that is not run says why: see judge.ts. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { filesBelow } from "./files.ts";

/** Ways of vitest to leave a test out that keep the reason to themselves. */
const silent = /\b(?:skipIf|runIf)\(|\b(?:test|it|describe)\.(?:skip|todo|only)\b|\bskip\(\)/;

test("no test is skipped without a reason", () => {
  const files = ["packages", "conformance", "examples"]
    .flatMap(filesBelow)
    .filter((name) => name.endsWith(".test.ts") && !name.endsWith("conformance/skips.test.ts"));
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((name) => silent.test(readFileSync(name, "utf8")))).toEqual([]);
});
