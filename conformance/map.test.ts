import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fateOf, parseMap, type Report } from "./conformance-map.ts";

const ci = process.env["CI"] === "true";
const root = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const kept = parseMap(readFileSync(root("conformance/README.md"), "utf8"));

/** What `npm test` has left of its earlier steps. */
const reports: readonly Report[] = existsSync(root("reports"))
  ? readdirSync(root("reports"))
      .filter((name) => name.endsWith(".json") && name !== "map.json")
      .map((name) => JSON.parse(readFileSync(root(`reports/${name}`), "utf8")) as Report)
  : [];

describe("conformance/README.md", () => {
  test("has rows, each with a section", () => {
    expect(kept.length).toBeGreaterThan(50);
    for (const { section } of kept) {
      expect(section).toMatch(/§/);
    }
  });

  test.each([...new Set(kept.map(({ file }) => file))])("names a file that exists: %s", (file) => {
    expect(existsSync(root(file))).toBe(true);
  });

  test.each(kept.filter(({ file }) => runLater(file)))(
    "names a test of its file, which runs later: $test",
    ({ file, test: name }) => {
      expect(readFileSync(root(file), "utf8")).toContain(name);
    },
  );

  test("names tests that passed in this run", ({ skip }) => {
    if (reports.length === 0 && !ci) {
      skip("there are no reports of this run: `npm test` makes them");
    }
    const good = ci ? ["passed"] : ["passed", "skipped"];
    const broken = kept
      .filter(({ file }) => !runLater(file))
      .map((row) => ({ ...row, fate: fateOf(row, reports) }))
      .filter(({ fate }) => !good.includes(fate))
      .map(({ section, file, test: name, fate }) => `${fate}: ${section} ${file}: ${name}`);
    expect(broken).toEqual([]);
  });
});

/** Whether a file is for runs of another kind: the soak, or with CI=true. */
function runLater(file: string): boolean {
  return file.endsWith(".soak.test.ts") || (file.endsWith(".ci.test.ts") && !ci);
}

describe("the map", () => {
  const row = { section: "§1", file: "packages/a/src/a.test.ts", test: "does it (§1)" };
  const report = (state: string): Report => ({
    files: [{ file: "packages/a/src/a.test.ts", tests: [{ title: "does it (§1)", state }] }],
  });

  test("reads rows, and leaves out heads and prose", () => {
    const markdown =
      "| section | requirement | file | test |\n|---|---|---|---|\n| §1 | MUST | `packages/a/src/a.test.ts` | does it (§1) |\nprose | with | bars";
    expect(parseMap(markdown)).toEqual([row]);
  });

  test.each([
    [["passed"], "passed"],
    [["skipped"], "skipped"],
    [["skipped", "passed"], "passed"],
    [["passed", "failed"], "failed"],
    [[], "absent"],
  ] as const)("of a test that was %j in the runs says that it is %s", (statuses, fate) => {
    expect(fateOf(row, statuses.map(report))).toBe(fate);
  });

  test("does not take a test of another file for it", () => {
    expect(fateOf({ ...row, file: "packages/b/src/a.test.ts" }, [report("passed")])).toBe("absent");
  });
});
