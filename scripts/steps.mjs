/** The steps of `npm test` and `npm run soak`: programs that are run one after another, and what they counted. */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";

/** Where each run of vitest leaves what it found, as JSON. */
export const reports = "reports";

/**
 * @typedef {{ name: string, passed: number, failed: number, skipped: number, seconds: number, note?: string }} Result
 */

/** Empties the folder of reports, so that none of an earlier run is taken for one of this. */
export function forgetReports() {
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
}

/**
 * Runs a program in the foreground, its output going to ours.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} [environment] beside our own
 * @returns {Promise<number>} its exit code; 127 where it cannot be started, 1 where a signal ended it
 */
export function run(program, args, environment = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...environment } });
    child.on("error", (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(127);
    });
    child.on("exit", (code) => resolve(code ?? 1));
  });
}

/**
 * A step that passes or fails as a whole.
 *
 * @param {string} name
 * @param {() => Promise<number>} action gives an exit code
 * @returns {Promise<Result>}
 */
export async function whole(name, action) {
  announce(name);
  const started = performance.now();
  const failed = (await action()) === 0 ? 0 : 1;
  return { name, passed: 1 - failed, failed, skipped: 0, seconds: secondsSince(started) };
}

/**
 * A step that vitest runs and counts.
 *
 * @param {string} name names its report too
 * @param {readonly string[]} args for vitest
 * @param {{ node?: readonly string[], environment?: Record<string, string> }} [options] node: the command that
 *   starts Node, where it is another one than ours
 * @returns {Promise<Result>}
 */
export async function vitest(name, args, { node = [process.execPath], environment = {} } = {}) {
  announce(name);
  const started = performance.now();
  const report = `${reports}/${name.replaceAll(" ", "-")}.json`;
  const [program = process.execPath, ...before] = node;
  const code = await run(
    program,
    [
      ...before,
      "node_modules/vitest/vitest.mjs",
      "run",
      ...args,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
    environment,
  );
  const counted = countsOf(report);
  // A file that cannot be loaded has no test to fail; nor has a run that found no test at all.
  const failed = code === 0 ? counted.failed : Math.max(1, counted.failed);
  return { name, ...counted, failed, seconds: secondsSince(started) };
}

/**
 * A step that was left out.
 *
 * @param {string} name
 * @param {string} note the reason
 * @param {boolean} isFailure whether it had to be run
 * @returns {Result}
 */
export function leftOut(name, note, isFailure) {
  console.log(`\n== ${name}: left out, ${note}`);
  return { name, passed: 0, failed: isFailure ? 1 : 0, skipped: isFailure ? 0 : 1, seconds: 0, note };
}

/**
 * Prints what each step found, and the sum on a line alone.
 *
 * @param {readonly Result[]} results
 * @returns {boolean} whether nothing failed
 */
export function conclude(results) {
  const width = Math.max(...results.map(({ name }) => name.length));
  console.log("\n== summary");
  for (const result of results) {
    const note = result.note === undefined ? "" : `  (${result.note})`;
    console.log(`${result.name.padEnd(width)}  ${counts(result)}, ${result.seconds} s${note}`);
  }
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of results) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  console.log(`\n${counts(sum)}`);
  return sum.failed === 0;
}

function counts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}

function countsOf(report) {
  try {
    const found = JSON.parse(readFileSync(report, "utf8"));
    return {
      passed: found.numPassedTests,
      failed: found.numFailedTests,
      skipped: found.numPendingTests + found.numTodoTests,
    };
  } catch (error) {
    console.error(`no report ${report}: ${error.message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function announce(name) {
  console.log(`\n== ${name}`);
}

function secondsSince(started) {
  return Math.round((performance.now() - started) / 100) / 10;
}
