/**
 * `npm test`: everything that must hold, in ten minutes on two cores. All steps are run, whatever fails; the last
 * lines sum up. Under CI=true the outside judges are installed first, and a Node or a judge that is missing is a
 * failure; elsewhere it is skipped with the reason.
 */
import { spawnSync } from "node:child_process";
import { conclude, forgetReports, leftOut, run, vitest, whole } from "./steps.mjs";

const ci = process.env["CI"] === "true";
const otherNodes = ["22", "24", "26"];

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
  await vitest("wire", ["--project", "wire"]),
);
for (const major of otherNodes) {
  results.push(await wireOn(major));
}
if (build.failed === 0) {
  results.push(
    // One after the other: they measure time, fill disks and kill servers.
    await vitest("conformance", [
      "--project",
      "conformance",
      "--no-file-parallelism",
      "--exclude",
      "conformance/map.test.ts",
    ]),
    // Last, for it reads what all the others found.
    await vitest("map", ["--project", "conformance", "conformance/map.test.ts"]),
  );
} else {
  results.push(leftOut("conformance", "it runs the build, which failed", true));
}
process.exitCode = conclude(results) ? 0 : 1;

/** The wire tests on another Node, which npm brings; unless it is the one that we run on. */
async function wireOn(major) {
  const name = `wire node ${major}`;
  if (process.versions.node.startsWith(`${major}.`)) {
    return leftOut(name, "it is the Node of this run", false);
  }
  const npx = ["npx", "-y", "-p", `node@${major}`, "node"];
  const [program = "npx", ...args] = npx;
  const brought = spawnSync(program, [...args, "--version"], { encoding: "utf8", timeout: 120_000 });
  if (brought.status !== 0 || !brought.stdout.startsWith(`v${major}.`)) {
    const why = (brought.stderr ?? "").trim().split("\n").at(-1) || brought.error?.message;
    return leftOut(name, `npm cannot bring node@${major}: ${why}`, ci);
  }
  return vitest(name, ["--project", "wire"], { node: npx });
}
