// @ts-check
/**
 * `npm run soak`: what takes too long for `npm test`, in parts.
 *
 *   npm run soak                     lists the parts, and what the last run of each found
 *   npm run soak -- PART...          runs these; "all" runs each
 *   npm run soak -- --again PART...  runs them from their beginning
 *
 * A part that was interrupted goes on with its next step, unless the sources were changed by a commit since. What was
 * found is kept in .soak/summary.json.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parts } from "./soak-parts.mjs";
import { conclude, counts, vitest, whole } from "./steps.mjs";

/**
 * @typedef {import("./steps.mjs").Result} Result
 * @typedef {{ commit: string, began: string, ended?: string, steps: Record<string, Result> }} Kept
 */

const folder = ".soak";
const summaryFile = `${folder}/summary.json`;
/** More rounds, more servers: see conformance/soak.ts. Without CI, what is missing is skipped with its reason. */
const environment = { MEANWHILE_SOAK: "1" };
const commit = execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();

/** @type {Record<string, Kept>} */
const summary = readSummary();
const { values, positionals } = parseArgs({
  options: { again: { type: "boolean" } },
  allowPositionals: true,
});
const wanted = positionals.includes("all") ? Object.keys(parts) : positionals;
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`no part is called ${unknown.join(", ")}; the parts are: ${Object.keys(parts).join(", ")}`);
  process.exitCode = 2;
} else if (wanted.length === 0) {
  for (const [name, { about }] of Object.entries(parts))
    console.log(`${name.padEnd(20)} ${about}\n${lastRun(name)}`);
} else {
  const build = await whole("build", ["npm", "run", "--silent", "build"]);
  const results = [build];
  for (const name of build.failed === 0 ? wanted : []) results.push(...(await runPart(name)));
  process.exitCode = conclude(results) ? 0 : 1;
}

/** @param {string} name @returns {Promise<readonly Result[]>} */
async function runPart(name) {
  const before = summary[name];
  const goesOn = values.again !== true && before?.commit === commit && before.ended === undefined;
  /** @type {Kept} */
  const kept = goesOn ? before : { commit, began: new Date().toISOString(), steps: {} };
  summary[name] = kept;
  for (const step of parts[name]?.steps ?? []) {
    if (kept.steps[step.name] !== undefined) continue;
    kept.steps[step.name] = await runStep(step);
    writeSummary();
  }
  kept.ended = new Date().toISOString();
  writeSummary();
  return Object.values(kept.steps);
}

/** @param {import("./soak-parts.mjs").Step} step @returns {Promise<Result>} */
async function runStep(step) {
  if ("command" in step) return whole(step.name, step.command, { environment, show: true });
  const node = step.node === undefined ? {} : { node: ["npx", "-y", "-p", `node@${step.node}`, "node"] };
  const args = [...step.vitest, "--no-file-parallelism"];
  const report = `${folder}/reports/${step.name.replaceAll(/[^\w.-]+/g, "-")}.json`;
  const { output: _, ...result } = await vitest(step.name, args, { ...node, environment, report });
  return result;
}

/** @param {string} name */
function lastRun(name) {
  const kept = summary[name];
  if (kept === undefined) return "  was never run";
  const results = Object.values(kept.steps);
  const sum = (/** @type {"passed" | "failed" | "skipped" | "seconds"} */ what) =>
    results.reduce((before, result) => before + result[what], 0);
  const found = counts({ passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") });
  const state = kept.ended === undefined ? `broke off after ${results.length} steps` : `ended ${kept.ended}`;
  const failures = results.flatMap(({ failures }) =>
    failures.map((failure) => `\n    ${failure.split("\n")[0]}`),
  );
  return `  ${state}, at ${kept.commit.slice(0, 7)}: ${found}, ${Math.round(sum("seconds"))} s${failures.join("")}`;
}

function readSummary() {
  try {
    return JSON.parse(readFileSync(summaryFile, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}

function writeSummary() {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${summaryFile}.part`, `${JSON.stringify(summary, undefined, 2)}\n`);
  renameSync(`${summaryFile}.part`, summaryFile);
}
