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
  ...["node", "express", "fastify", "koa", "hono"].map((name) => `packages/middleware/src/${name}.wire`),
  "packages/server/src/interims.wire",
];

forgetReports();
const results = [];

if (ci) {
  results.push(await whole("judges", () => run("bash", ["scripts/judges.sh"])));
}
const build = await whole("build", () => run("npx", ["--no-install", "tsc", "-b"]));
results.push(
  build,
  await whole("lint", () => run("npx", ["--no-install", "biome", "check", "."])),
  await whole("typecheck", () =>
    run("npx", ["--no-install", "tsc", "--noEmit", "-p", "tsconfig.tests.json"]),
  ),
  await vitest("unit", ["--project", "unit"]),
  await vitest("wire", [...wireTests]),
);
for (const major of otherNodes) {
  results.push(await wireOn(major, { required: ci, only: onOtherNodes }));
}
if (build.failed === 0) results.push(...(await conformance()), await map());
else results.push(leftOut("conformance", "it runs the build, which failed", true));
process.exitCode = conclude(results) ? 0 : 1;
