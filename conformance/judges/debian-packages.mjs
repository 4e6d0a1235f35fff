// @ts-check
/** Prints Debian's packages that have the judges, a line each; with "bench" those of the benchmarks too. */
import { abilityPackages, benchPackages, judgeTable } from "./judge-table.mjs";

const packages = Object.values(judgeTable).flatMap((entry) => entry.packages);
packages.push(...abilityPackages);
if (process.argv[2] === "bench") packages.push(...benchPackages);
console.log([...new Set(packages)].join("\n"));
