// @ts-check
/**
 * `npm test`: what must hold before each commit, in at most five minutes on two cores. All steps are run, whatever fails;
 * the last lines say what failed, and sum up. CI=true adds client programs, a proxy and a browser, and what of the
 * sources the tests reach; there a judge that is missing is a failure. `npm run soak` has the rest.
 */
import { checkCoverage } from "./coverage.mjs";
import { makeQuickFolder } from "./quick-folder.mjs";
import { conclude, forgetReports, leftOut, vitest, whole } from "./steps.mjs";

const ci = process.env["CI"] === "true";
const quickFolder = makeQuickFolder();
if (quickFolder !== undefined) process.env["TMPDIR"] = quickFolder;
const npx = (/** @type {string[]} */ ...args) => ["npx", "--no-install", ...args];

forgetReports();
// Each has one core, and the sources are all that it reads.
const [build, typecheck] = await Promise.all([
  whole("build", ["npm", "run", "--silent", "build"]),
  whole("typecheck", npx("tsc", "--noEmit", "-p", "tsconfig.tests.json")),
]);
const results = [build, typecheck, await whole("lint", npx("biome", "check", "."))];
if (ci) {
  const measured = await vitest("unit and wire", ["--project", "unit", "--project", "wire", "--coverage"]);
  results.push(measured, checkCoverage());
} else {
  results.push(await vitest("unit", ["--project", "unit"]), await vitest("wire", ["--project", "wire"]));
}
if (build.failed === 0) {
  results.push(
    await vitest("conformance", ["--project", "conformance"]),
    await vitest("conformance alone", ["--project", "alone", "--no-file-parallelism"]),
    await vitest("map", ["--project", "map"]),
  );
} else {
  results.push(leftOut("conformance", "it runs the build, which failed", true));
}
process.exitCode = conclude(results) ? 0 : 1;
