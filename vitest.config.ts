import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Tests run on the TypeScript sources, without a build. */
const resolve = { conditions: ["@meanwhile/source", "node"] };
const ssr = { resolve };
/** The machines that run these are shared: only a hang is this slow. */
const expect = { poll: { timeout: 30_000 } };
/** Node 20 cannot run TypeScript in the worker threads that sources start. */
const loader = new URL("packages/state-lmdb/testing/typescript-on-node.mjs", import.meta.url);
const execArgv = [`--import=${loader}`];
/** A file leaves nothing behind that another one notices, so a worker loads each module once. Projects do not inherit this. */
const isolate = false;
const slow = { isolate, testTimeout: 60_000, hookTimeout: 60_000, expect, execArgv };
const patient = { ...slow, testTimeout: 120_000, hookTimeout: 120_000 };
/** Only with CI=true, and in the soak; only in the soak. See CONTRIBUTING.md. */
const late = [...(process.env["CI"] === "true" ? [] : ["**/*.ci.test.ts"]), "**/*.soak.test.ts"];
const apart = ["**/node_modules/**", "**/dist/**", ...late];

/** They kill servers, fill disks, or measure time: nothing else may run beside them. */
const alone = [
  "conformance/interim.ci.test.ts",
  "conformance/slow-clients.ci.test.ts",
  "conformance/kill.test.ts",
  "conformance/middleware-kill.test.ts",
  "conformance/power/power-cut.test.ts",
  "conformance/terminal.ci.test.ts",
  "conformance/hostile/disk.test.ts",
];
/** Whether conformance/README.md is true: it reads what all the others found. */
const map = "conformance/map.test.ts";

export default defineConfig({
  test: {
    coverage: {
      provider: "v8",
      reportOnFailure: true,
      include: ["packages/*/src/**/*.ts"],
      exclude: ["**/*.test.ts", "**/testing/**", "**/testing.ts", "**/test-*.ts"],
      reporter: ["json-summary"],
      reportsDirectory: "reports/coverage",
    },
    // One a core: left to itself, a machine of two cores gets one worker.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: "unit",
          setupFiles: ["scripts/random-runs.mjs"],
          ...slow,
          include: ["packages/*/src/**/*.test.ts"],
          exclude: ["**/*.wire.test.ts", ...apart],
        },
      },
      {
        resolve,
        ssr,
        test: { name: "wire", ...slow, include: ["packages/*/src/**/*.wire.test.ts"], exclude: apart },
      },
      {
        resolve,
        ssr,
        test: {
          name: "conformance",
          ...patient,
          include: ["conformance/**/*.test.ts", "examples/**/*.test.ts"],
          exclude: [...apart, ...alone, map],
        },
      },
      { resolve, ssr, test: { name: "alone", ...patient, include: alone, exclude: apart } },
      { resolve, ssr, test: { name: "map", include: [map] } },
      {
        resolve,
        ssr,
        test: {
          name: "soak",
          ...patient,
          include: ["{packages,conformance,examples}/**/*.{soak,ci}.test.ts"],
        },
      },
    ],
  },
});
