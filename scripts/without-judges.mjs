// @ts-check
/**
 * Tries the tests on machines that lack judges: PATH leads to links to all programs but those. Without any judge
 * `npm test` has to be green; without a single one, or where its module is absent, so have the files that name it. Each
 * skip has a reason, and under CI=true each lack is a failure.
 *
 *   node scripts/without-judges.mjs [none | JUDGE...]    default: all of these
 */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { judgeTable } from "../conformance/judges/judge-table.mjs";
import { run } from "./steps.mjs";

const names = /** @type {(keyof typeof judgeTable)[]} */ (Object.keys(judgeTable));
/** Their modules are found by the probe, so that a program is wanted that has all but those. */
const modules = /** @type {const} */ ({ lwp: "LWP", "python-requests": "requests" });
const chosen = process.argv.slice(2);
const isChosen = (/** @type {string} */ name) => chosen.length === 0 || chosen.includes(name);
const place = mkdtempSync(join(tmpdir(), "meanwhile-without-"));
/** @type {string[]} */
const failures = [];
try {
  if (isChosen("none")) {
    await expectAll(
      "without any judge",
      pathWithout(names),
      [process.execPath, "scripts/test.mjs"],
      "reports",
    );
  }
  for (const name of names.filter(isChosen)) {
    const files = filesThatName(name);
    const paths = [[`without ${name}`, pathWithout([name])]];
    if (name in modules) paths.push([`${name} without its module`, pathWithoutModule(name)]);
    for (const [title = "", path = ""] of paths) await tryFiles(title, path, files);
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
console.log(failures.length === 0 ? "all as expected" : failures.join("\n"));
process.exitCode = failures.length === 0 ? 0 : 1;

/** @param {string} title @param {string} path @param {readonly string[]} files */
async function tryFiles(title, path, files) {
  const report = join(place, "reports", "one.json");
  const command = [
    process.execPath,
    "node_modules/vitest/vitest.mjs",
    "run",
    ...["unit", "wire", "conformance", "alone", "soak"].flatMap((project) => ["--project", project]),
    ...files,
    "--reporter=./scripts/people-reporter.mjs",
  ];
  await expectAll(title, path, command, join(place, "reports"), { MEANWHILE_REPORT: report });
  const environment = { PATH: path, MEANWHILE_REPORT: report, CI: "true" };
  const { code } = await run([...command, "-t", "what it needs is here|understands|groff"], { environment });
  const failed = testsIn(join(place, "reports")).filter(({ state }) => state === "failed");
  if (code === 0 || failed.length === 0) failures.push(`${title}: nothing fails under CI=true`);
  for (const { name, errors } of failed) {
    if (!errors.join().includes("is missing")) failures.push(`${title}, CI=true: ${name}: ${errors.join()}`);
  }
}

/**
 * @param {string} title
 * @param {string} path
 * @param {readonly string[]} command must be green, each skip with a reason
 * @param {string} folder of the reports
 * @param {Record<string, string>} [more]
 */
async function expectAll(title, path, command, folder, more = {}) {
  console.log(title);
  mkdirSync(folder, { recursive: true });
  const environment = { PATH: path, CI: "", MEANWHILE_SOAK: "", ...more };
  const { code, output } = await run(command, { environment });
  if (code !== 0) failures.push(`${title}: ended with ${code}\n${output}`);
  for (const { state, reason, name } of testsIn(folder)) {
    if (state === "skipped" && reason === undefined)
      failures.push(`${title}: skipped without a reason: ${name}`);
  }
}

/** @param {string} folder @returns {readonly import("./people-reporter.mjs").ReportedTest[]} */
function testsIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")))
    .flatMap(({ files }) => files.flatMap((/** @type {any} */ { tests }) => tests));
}

/** @param {string} name */
function filesThatName(name) {
  return ["conformance", "examples", "packages"]
    .flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: "utf8" }).map((file) => join(root, file)),
    )
    .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))
    .filter((file) => new RegExp(`With\\([^)]*"${name}"|\\["${name}", `).test(readFileSync(file, "utf8")));
}

/** @param {readonly (keyof typeof judgeTable)[]} lacking @returns {string} a PATH */
function pathWithout(lacking) {
  const hidden = new Set(lacking.map((name) => judgeTable[name].probe[0]));
  const folder = mkdtempSync(join(place, "path-"));
  for (const from of (process.env["PATH"] ?? "").split(delimiter)) {
    for (const program of programsIn(from)) {
      if (hidden.has(program)) continue;
      try {
        symlinkSync(join(from, program), join(folder, program));
      } catch {
        // An earlier folder of PATH has it too.
      }
    }
  }
  return folder;
}

/** @param {string} name @returns {string} a PATH whose program is there, and has not the module */
function pathWithoutModule(name) {
  const judge = /** @type {keyof typeof modules} */ (name);
  const folder = pathWithout([judge]);
  const program = join(folder, judgeTable[judge].probe[0]);
  writeFileSync(program, `#!/bin/sh\necho "there is no module ${modules[judge]}" >&2\nexit 2\n`);
  chmodSync(program, 0o755);
  return folder;
}

/** @param {string} folder */
function programsIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
