// @ts-check
/**
 * Tries the tests on machines that lack judges: PATH leads to links to all programs but those. Without any judge
 * `npm test` has to be green; without a single one, or where its module is absent, so have its files that need that
 * one. Each skip has a reason, and under CI=true each lack is a failure, in the files of the soak too.
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
import { delimiter, dirname, join } from "node:path";
import { judgeTable } from "../conformance/judges/judge-table.mjs";
import { run } from "./steps.mjs";

/** What imports it may need judges. */
const gate = join("conformance", "judge.ts");
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
    for (const [title = "", path = ""] of paths) await tryFiles(name, title, path, files);
  }
} finally {
  rmSync(place, { recursive: true, force: true });
}
console.log(failures.length === 0 ? "all as expected" : failures.join("\n"));
process.exitCode = failures.length === 0 ? 0 : 1;

/** @param {string} name @param {string} title @param {string} path @param {readonly string[]} files */
async function tryFiles(name, title, path, files) {
  // Without a file, vitest would run all of them.
  if (files.length === 0) {
    failures.push(`${title}: no test file needs it`);
    return;
  }
  const folder = join(place, "reports");
  const report = join(folder, "one.json");
  const command = (/** @type {readonly string[]} */ projects, /** @type {readonly string[]} */ chosen) => [
    process.execPath,
    "node_modules/vitest/vitest.mjs",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    ...chosen,
    "--reporter=./scripts/people-reporter.mjs",
  ];
  const projects = ["unit", "wire", "conformance", "alone"];
  const early = files.filter((file) => !/\.(?:ci|soak)\.test\.ts$/.test(file));
  if (early.length > 0) {
    await expectAll(title, path, command(projects, early), folder, { MEANWHILE_REPORT: report });
  }
  console.log(`${title}, with CI=true`);
  mkdirSync(folder, { recursive: true });
  rmSync(report, { force: true });
  const { code } = await run(
    [...command([...projects, "soak"], files), "-t", "what it needs is here|understands|groff"],
    { environment: { PATH: path, MEANWHILE_REPORT: report, CI: "true", MEANWHILE_SOAK: "1" } },
  );
  const failed = testsIn(folder).filter(({ state }) => state === "failed");
  const isNamed = failed.some(({ errors }) => errors.join().includes(`${name} is missing`));
  if (code === 0 || !isNamed) failures.push(`${title}: no test fails for it under CI=true`);
  for (const { name: test, errors } of [...failed, ...errorsIn(folder)]) {
    if (!errors.join().includes("is missing")) failures.push(`${title}, CI=true: ${test}: ${errors.join()}`);
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
  return reportsIn(folder).flatMap(({ files }) => files.flatMap(({ tests }) => tests));
}

/** What went wrong outside of tests. @param {string} folder */
function errorsIn(folder) {
  return reportsIn(folder)
    .flatMap(({ files, errors }) => [...files, { file: "outside all files", errors }])
    .filter(({ errors }) => errors.length > 0)
    .map(({ file, errors }) => ({ name: file, errors }));
}

/** @param {string} folder @returns {readonly import("./people-reporter.mjs").Report[]} */
function reportsIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
}

/** The test files that have the judge's name in quotes, or import a helper that has. @param {string} name */
function filesThatName(name) {
  return ["conformance", "examples", "packages"]
    .flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: "utf8" }).map((file) => join(root, file)),
    )
    .filter((file) => file.endsWith(".test.ts") && !file.includes("node_modules"))
    .filter((file) => {
      const texts = textsOf(file);
      return texts.has(gate) && [...texts.values()].some((text) => text.includes(`"${name}"`));
    });
}

/**
 * The texts of a test file and of the helpers, in conformance/ or a folder testing/, that it imports, without the judges' own table.
 *
 * @param {string} file
 * @param {Map<string, string>} [texts]
 */
function textsOf(file, texts = new Map()) {
  if (texts.has(file) || file.startsWith(join("conformance", "judges"))) return texts;
  const text = readFileSync(file, "utf8");
  texts.set(file, text);
  for (const [, specifier = ""] of text.matchAll(/from "(\.[^"]+)"/g)) {
    const imported = join(dirname(file), specifier);
    if (imported.startsWith("conformance") || imported.includes(join("src", "testing")))
      textsOf(imported, texts);
  }
  return texts;
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
