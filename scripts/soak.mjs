/**
 * `npm run soak`: what takes long. The tests read MEANWHILE_SOAK=1 and do more of the same: larger trees, more
 * rounds, more hostile input. Then every peer is measured.
 */
import { conclude, forgetReports, leftOut, run, vitest, whole } from "./steps.mjs";

const environment = { MEANWHILE_SOAK: "1" };

forgetReports();
const results = [await whole("judges", () => run("bash", ["scripts/judges.sh", "bench"]))];
const build = await whole("build", () => run("npx", ["--no-install", "tsc", "-b"]));
results.push(build, await vitest("unit", ["--project", "unit"], { environment }));
results.push(await vitest("wire", ["--project", "wire"], { environment }));
if (build.failed === 0) {
  const conformance = [
    "--project",
    "conformance",
    "--no-file-parallelism",
    "--exclude",
    "conformance/map.test.ts",
  ];
  results.push(await vitest("conformance", conformance, { environment }));
  results.push(await whole("benchmarks", () => run(process.execPath, ["benchmarks/run.mjs"])));
} else {
  results.push(leftOut("conformance", "it runs the build, which failed", true));
}
process.exitCode = conclude(results) ? 0 : 1;
