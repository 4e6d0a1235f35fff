/** A test that is not run says why: see judge.ts. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Ways of vitest to leave a test out that keep the reason to themselves. */
const silent = /\b(?:skipIf|runIf)\(|\b(?:test|it|describe)\.(?:skip|todo|only)\b|\bskip\(\)/;

test("no test is skipped without a reason", () => {
  const files = ["packages", "conformance", "examples"]
    .flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => `${root}/${name}`),
    )
    .filter((name) => name.endsWith(".test.ts") && !name.includes("node_modules"))
    .filter((name) => !name.endsWith("conformance/skips.test.ts"));
  expect(files.length).toBeGreaterThan(300);
  expect(files.filter((name) => silent.test(readFileSync(name, "utf8")))).toEqual([]);
});
