// @ts-check
/**
 * A reporter for vitest that leaves what it found in a file, and says nothing but which test fails, at once. The steps
 * of `npm test` read the file. Its path is in MEANWHILE_REPORT.
 *
 * @typedef {{ name: string, title: string, state: "passed" | "failed" | "skipped", reason?: string, errors: string[] }} ReportedTest
 * @typedef {{ file: string, ms: number, tests: ReportedTest[], errors: string[] }} ReportedFile
 * @typedef {{ files: ReportedFile[], errors: string[] }} Report
 */
import { writeFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";

export default class PeopleReporter {
  /** @param {import("vitest/node").TestCase} test */
  onTestCaseResult(test) {
    if (test.result().state === "failed")
      console.log(`  failed: ${test.module.relativeModuleId}: ${test.fullName}`);
  }

  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly import("vitest/node").SerializedError[]} unhandled
   */
  onTestRunEnd(modules, unhandled) {
    /** @type {Report} */
    const report = { files: modules.map(reportedFile), errors: unhandled.map(textOf) };
    writeFileSync(process.env["MEANWHILE_REPORT"] ?? "report.json", JSON.stringify(report));
  }
}

/** @param {import("vitest/node").TestModule} module @returns {ReportedFile} */
function reportedFile(module) {
  const { duration, collectDuration } = module.diagnostic();
  return {
    file: module.relativeModuleId,
    ms: duration + collectDuration,
    tests: [...module.children.allTests()].map(reportedTest),
    errors: [...module.errors(), ...[...module.children.allSuites()].flatMap((suite) => suite.errors())].map(
      textOf,
    ),
  };
}

/** @param {import("vitest/node").TestCase} test @returns {ReportedTest} */
function reportedTest(test) {
  const result = test.result();
  // What never began, since a hook failed or the run was broken off, has not passed.
  const state = result.state === "pending" ? "failed" : result.state;
  // A group that is skipped has the reason in its name.
  const ofGroup = /\[skipped: (.*?)\](?: > |$)/.exec(test.fullName)?.[1];
  const reason = (result.state === "skipped" ? result.note : undefined) ?? ofGroup;
  return {
    name: test.fullName,
    title: test.name,
    state,
    ...(state === "skipped" && reason !== undefined ? { reason } : {}),
    errors: (result.errors ?? []).map(textOf),
  };
}

/** @param {any} error @returns {string} what it says, what differs, and where it was thrown */
function textOf(error) {
  const place = (error.stacks ?? []).find((/** @type {any} */ { file }) => !file.includes("node_modules"));
  const at = place === undefined ? (error.stack ?? "") : `at ${place.file}:${place.line}:${place.column}`;
  const lines = [`${error.name}: ${error.message}`, error.diff, at].filter((text) => text);
  return stripVTControlCharacters(lines.join("\n"));
}
