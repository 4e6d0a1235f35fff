/** What `npm test` and `npm run soak` have in common: which tests run on which Node, and which of them beside others. */
import { spawnSync } from "node:child_process";
import { leftOut, vitest } from "./steps.mjs";

/** @typedef {import("./steps.mjs").Result} Result */

export const wireTests = ["--project", "wire"];

/** Beside the one at hand. */
export const otherNodes = ["22", "24", "26"];

/** They measure time or memory, fill disks, or kill servers: nothing else may run then. */
const alone = [
  "conformance/interim.ci.test.ts",
  "conformance/slow-clients.ci.test.ts",
  "conformance/kill.test.ts",
  "conformance/middleware-kill.test.ts",
  "conformance/power/power-cut.test.ts",
  "conformance/terminal.ci.test.ts",
  "conformance/hostile/disk.test.ts",
];
const mapTest = "conformance/map.test.ts";
const without = (/** @type {readonly string[]} */ files) => files.flatMap((file) => ["--exclude", file]);

/**
 * The conformance tests, which run the build.
 *
 * @param {Record<string, string>} [environment]
 * @returns {Promise<readonly Result[]>}
 */
export async function conformance(environment = {}) {
  const project = ["--project", "conformance"];
  return [
    await vitest("conformance", [...project, ...without([...alone, mapTest])], { environment }),
    await vitest("conformance alone", [...project, "--no-file-parallelism", ...alone], { environment }),
  ];
}

/** Whether docs/conformance.md is true. Comes last, for it reads what all the others found. */
export function map() {
  return vitest("map", ["--project", "conformance", mapTest]);
}

/**
 * The wire tests on another Node, which npm brings; unless it is the one that we run on.
 *
 * @param {string} major
 * @param {{ required: boolean, only?: readonly string[], environment?: Record<string, string> }} options
 *   required: whether it is a failure that npm cannot bring it; only: parts of file names, default all
 * @returns {Promise<Result>}
 */
export async function wireOn(major, { required, only = [], environment = {} }) {
  const name = `wire node ${major}`;
  if (process.versions.node.startsWith(`${major}.`)) {
    return leftOut(name, "it is the Node of this run", false);
  }
  const npx = ["npx", "-y", "-p", `node@${major}`, "node"];
  const [program = "npx", ...args] = npx;
  const brought = spawnSync(program, [...args, "--version"], { encoding: "utf8", timeout: 120_000 });
  if (brought.status !== 0 || !brought.stdout.startsWith(`v${major}.`)) {
    const why = (brought.stderr ?? "").trim().split("\n").at(-1) || brought.error?.message;
    return leftOut(name, `npm cannot bring node@${major}: ${why}`, required);
  }
  return vitest(name, [...wireTests, ...only], { node: npx, environment });
}
