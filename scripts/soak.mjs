/**
 * `npm run soak`: what takes long. The tests read MEANWHILE_SOAK=1 and do more of the same: larger trees, more
 * rounds, more hostile input. Then every peer is measured.
 */

import { conclude, forgetReports, leftOut, run, vitest, whole } from "./steps.mjs";
import { conformance, otherNodes, wireOn, wireTests } from "./suites.mjs";

const environment = { MEANWHILE_SOAK: "1" };

forgetReports();
const results = [await whole("judges", () => run("bash", ["scripts/judges.sh", "bench"]))];
const build = await whole("build", () => run("npx", ["--no-install", "tsc", "-b"]));
results.push(build, await vitest("unit", ["--project", "unit"], { environment }));
results.push(await vitest("wire", [...wireTests], { environment }));
results.push(await vitest("soak", ["--project", "soak", "--no-file-parallelism"], { environment }));
for (const major of otherNodes) results.push(await wireOn(major, { required: true, environment }));
if (build.failed === 0) {
  results.push(...(await conformance(environment)));
  const node = (/** @type {string[]} */ ...args) =>
    run(process.execPath, ["--conditions=@meanwhile/built", ...args]);
  results.push(await whole("benchmarks", () => node("benchmarks/run.mjs")));
  results.push(await whole("benchmarks of the client", () => node("benchmarks/client.mjs")));
  results.push(await whole("benchmarks of the middleware", () => node("benchmarks/middleware.mjs")));
} else {
  results.push(leftOut("conformance", "it runs the build, which failed", true));
}
process.exitCode = conclude(results) ? 0 : 1;
