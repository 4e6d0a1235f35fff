// @ts-check
/**
 * What of the sources the unit and wire tests reach, by package, beside the figures that are kept in
 * coverage-baseline.json: none may be lower than those by more than the tolerance.
 *
 *   node scripts/coverage.mjs keep     after `npx vitest run --project unit --project wire --coverage`: keeps its figures
 */
import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";

const summaryFile = "reports/coverage/coverage-summary.json";
const baselineFile = new URL("coverage-baseline.json", import.meta.url);
const kinds = /** @type {const} */ (["statements", "branches"]);
/** Percentage points: tests that race or draw random input reach a little more or less each time. */
const tolerance = 0.3;

/** @typedef {Readonly<Record<string, Readonly<Record<(typeof kinds)[number], number>>>>} Coverage percentages by package */

/** @returns {import("./steps.mjs").Result} */
export function checkCoverage() {
  const result = { name: "coverage", passed: 0, failed: 0, skipped: 0, seconds: 0, files: [], reasons: [] };
  const measured = measuredCoverage();
  if (measured === undefined) return { ...result, failed: 1, failures: [`there is no ${summaryFile}`] };
  /** @type {Coverage} */
  const kept = JSON.parse(readFileSync(baselineFile, "utf8"));
  const failures = Object.entries(kept).flatMap(([name, least]) =>
    kinds
      .filter((kind) => Math.round(10 * (least[kind] - (measured[name]?.[kind] ?? 0))) > 10 * tolerance)
      .map((kind) => `${name} has ${measured[name]?.[kind] ?? 0} % of ${kind}, and had ${least[kind]} %`),
  );
  const rows = Object.entries(measured).map(([name, of]) => {
    const figures = kinds.map(
      (kind) => `${of[kind].toFixed(1).padStart(5)} % of ${kind} (${kept[name]?.[kind] ?? "new"})`,
    );
    return `  ${name.padEnd(14)}${figures.join("  ")}`;
  });
  console.log(`coverage, and what is kept in scripts/coverage-baseline.json\n${rows.join("\n")}`);
  return { ...result, passed: failures.length === 0 ? 1 : 0, failed: failures.length, failures };
}

/** @returns {Coverage | undefined} undefined where nothing was measured */
function measuredCoverage() {
  /** @type {Record<string, Record<string, { total: number, covered: number }>>} */
  let summary;
  try {
    summary = JSON.parse(readFileSync(summaryFile, "utf8"));
  } catch {
    return undefined;
  }
  const packages = new Map();
  for (const [file, of] of Object.entries(summary)) {
    const [, name] = /^packages\/([^/]+)\//.exec(relative(process.cwd(), file)) ?? [];
    if (name !== undefined) packages.set(name, [...(packages.get(name) ?? []), of]);
  }
  return Object.fromEntries(
    [...packages]
      .sort()
      .map(([name, files]) => [
        name,
        { statements: percent(files, "statements"), branches: percent(files, "branches") },
      ]),
  );
}

/** @param {readonly Record<string, { total: number, covered: number }>[]} files @param {string} kind */
function percent(files, kind) {
  const sum = (/** @type {"total" | "covered"} */ what) =>
    files.reduce((before, of) => before + (of[kind]?.[what] ?? 0), 0);
  return sum("total") === 0 ? 100 : Math.round((1000 * sum("covered")) / sum("total")) / 10;
}

if (process.argv[2] === "keep") {
  const measured = measuredCoverage();
  if (measured === undefined) throw new Error(`there is no ${summaryFile}`);
  writeFileSync(baselineFile, `${JSON.stringify(measured, undefined, 2)}\n`);
}
