// @ts-check
/** The steps of `npm test` and `npm run soak`: programs that are run one after another, and what they counted. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";

/**
 * @typedef {object} Result
 * @property {string} name
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {number} seconds
 * @property {readonly { file: string, seconds: number }[]} files how long each file of tests took
 * @property {readonly string[]} reasons why tests were skipped, each as often as it was given
 * @property {readonly string[]} failures what failed, and how
 */

/** Where `npm test` leaves what each step found, as JSON. */
export const reports = "reports";

/** Empties the folder of reports, so that none of an earlier run is taken for one of this. */
export function forgetReports() {
  rmSync(reports, { recursive: true, force: true });
}

/**
 * Runs a program and keeps what it prints.
 *
 * @param {readonly string[]} command
 * @param {{ environment?: Record<string, string>, show?: boolean }} [options] environment: beside our own; show:
 *   whether what it prints is shown at once; default false
 * @returns {Promise<{ code: number, output: string }>} code: 127 where it cannot be started, 1 where a signal ended it
 */
export function run([program = "", ...args], { environment = {}, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    let output = "";
    for (const [from, to] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ])) {
      from.setEncoding("utf8").on("data", (/** @type {string} */ chunk) => {
        output += chunk;
        if (show) to.write(chunk);
      });
    }
    child.on("error", (error) => resolve({ code: 127, output: `${program}: ${error.message}` }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * A step that passes or fails as a whole. What it prints is shown where it fails.
 *
 * @param {string} name
 * @param {readonly string[]} command
 * @param {Parameters<typeof run>[1]} [options]
 * @returns {Promise<Result>}
 */
export async function whole(name, command, options) {
  const started = performance.now();
  const { code, output } = await run(command, options);
  const failures = code === 0 ? [] : [`${command.join(" ")} ended with ${code}\n${output.trim()}`];
  return told({ ...nothing(name), passed: code === 0 ? 1 : 0, failed: failures.length, failures }, started);
}

/**
 * A step that vitest runs and counts.
 *
 * @param {string} name
 * @param {readonly string[]} args for vitest
 * @param {{ node?: readonly string[], environment?: Record<string, string>, report?: string }} [options] node: the
 *   command that starts Node, where it is another one than ours; report: where the report goes, default among reports
 * @returns {Promise<Result & { output: string }>} output: what vitest printed
 */
export async function vitest(name, args, options = {}) {
  const { node = [process.execPath], environment = {} } = options;
  const started = performance.now();
  const report = options.report ?? `${reports}/${name.replaceAll(" ", "-")}.json`;
  rmSync(report, { force: true });
  mkdirSync(dirname(report), { recursive: true });
  const reporter = "--reporter=./scripts/people-reporter.mjs";
  const command = [...node, "node_modules/vitest/vitest.mjs", "run", ...args, reporter];
  const { code, output } = await run(command, {
    environment: { ...environment, MEANWHILE_REPORT: report },
    show: true,
  });
  const found = countsOf(report);
  // A file that cannot be loaded has no test to fail; nor has a run that found no test at all.
  const failures =
    code === 0 || found.failures.length > 0
      ? found.failures
      : [`vitest ${args.join(" ")} ended with ${code}; it ran ${found.files.length} files\n${output.trim()}`];
  const failed = Math.max(found.failed, failures.length > 0 ? 1 : 0);
  return { ...told({ ...nothing(name), ...found, failed, failures }, started), output };
}

/**
 * A step that was left out.
 *
 * @param {string} name
 * @param {string} reason
 * @param {boolean} isFailure whether it had to be run
 * @returns {Result}
 */
export function leftOut(name, reason, isFailure) {
  const counted = isFailure
    ? { failed: 1, failures: [`${name}: left out, ${reason}`] }
    : { skipped: 1, reasons: [reason] };
  return told({ ...nothing(name), ...counted }, performance.now());
}

/** @param {string} name @returns {Omit<Result, "seconds">} */
function nothing(name) {
  return { name, passed: 0, failed: 0, skipped: 0, files: [], reasons: [], failures: [] };
}

/** @param {Omit<Result, "seconds">} result @param {number} started @returns {Result} */
function told(result, started) {
  const all = { ...result, seconds: Math.round((performance.now() - started) / 100) / 10 };
  console.log(`${all.name.padEnd(18)} ${`${all.seconds.toFixed(1)} s`.padStart(9)}  ${counts(all)}`);
  return all;
}

/**
 * Prints the slowest files, why tests were skipped, what failed, and the sum on a line alone.
 *
 * @param {readonly Result[]} results
 * @returns {boolean} whether nothing failed
 */
export function conclude(results) {
  const slowest = results
    .flatMap(({ files }) => files)
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, 10);
  list(
    "The slowest files",
    slowest.map(({ file, seconds }) => `${seconds.toFixed(1).padStart(6)} s  ${file}`),
  );
  const times = new Map();
  for (const reason of results.flatMap(({ reasons }) => reasons))
    times.set(reason, (times.get(reason) ?? 0) + 1);
  list(
    "Skipped",
    [...times].map(([reason, count]) => `${String(count).padStart(6)} ×  ${reason}`),
  );
  list(
    "Failed",
    results.flatMap(({ name, failures }) =>
      failures.map((failure) => `${name}: ${failure}`.replaceAll("\n", "\n    ")),
    ),
  );
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of results) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  console.log(`\n${counts(sum)}`);
  return sum.failed === 0;
}

/** @param {string} title @param {readonly string[]} lines */
function list(title, lines) {
  if (lines.length > 0) console.log(`\n${title}\n${lines.map((line) => `  ${line}`).join("\n")}`);
}

/** @param {{ passed: number, failed: number, skipped: number }} of */
export function counts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * @param {string} path of a report of people-reporter.mjs
 * @returns {Pick<Result, "passed" | "failed" | "skipped" | "files" | "reasons" | "failures">}
 */
function countsOf(path) {
  /** @type {import("./people-reporter.mjs").Report} */
  let report;
  try {
    report = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const failures = [`there is no report ${path}: ${error instanceof Error ? error.message : error}`];
    return { passed: 0, failed: 1, skipped: 0, files: [], reasons: [], failures };
  }
  const tests = report.files.flatMap(({ tests }) => tests);
  const count = (/** @type {string} */ state) => tests.filter((test) => test.state === state).length;
  const failures = [
    ...report.files.flatMap(({ file, tests, errors }) => [
      ...tests
        .filter(({ state }) => state === "failed")
        .map(({ name, errors }) => [`${file}: ${name}`, ...errors]),
      ...errors.map((error) => [file, error]),
    ]),
    ...report.errors.map((error) => ["outside all tests", error]),
  ].map((lines) => lines.join("\n"));
  return {
    passed: count("passed"),
    failed: Math.max(count("failed"), failures.length),
    skipped: count("skipped"),
    files: report.files.map(({ file, ms }) => ({ file, seconds: ms / 1000 })),
    reasons: tests
      .filter(({ state }) => state === "skipped")
      .map(({ reason }) => reason ?? "no reason was given"),
    failures,
  };
}
