/**
 * `npm test`: everything that must hold, in about ten minutes on two cores. All steps are run, whatever fails; the last
 * lines sum up. Under CI=true the outside judges are installed first, and a Node or a judge that is missing is a
 * failure; elsewhere it is skipped with the reason. Other Nodes run the wire tests that depend on Node; `npm run soak`
 * runs all of them there.
 */

import { conclude, forgetReports, leftOut, run, vitest, whole } from "./steps.mjs";
import { conformance, map, otherNodes, wireOn, wireTests } from "./suites.mjs";

const ci = process.env["CI"] === "true";
/** What depends on how Node speaks HTTP. */
const onOtherNodes = [
  "packages/interim/",
  "packages/client/src/http/",
  "packages/middleware/src/node.wire",
  "packages/server/src/interims.wire",
];

forgetReports();
const results = [];

if (ci) {
  results.push(await whole("judges", () => run("bash", ["scripts/judges.sh"])));
}
const npx = (/** @type {string[]} */ ...args) => run("npx", ["--no-install", ...args]);
// Each has one core, and the sources are all that it reads.
const [build, typecheck] = await Promise.all([
  whole("build", () => npx("tsc", "-b")),
  whole("typecheck", () => npx("tsc", "--noEmit", "-p", "tsconfig.tests.json")),
]);
results.push(
  build,
  typecheck,
  await whole("lint", () => npx("biome", "check", ".")),
  await vitest("unit", ["--project", "unit"]),
  await vitest("wire", [...wireTests]),
);
for (const major of otherNodes) {
  results.push(await wireOn(major, { required: ci, only: onOtherNodes }));
}
if (build.failed === 0) results.push(...(await conformance()), await map());
else results.push(leftOut("conformance", "it runs the build, which failed", true));
process.exitCode = conclude(results) ? 0 : 1;
