import { defineConfig } from "vitest/config";

/** The tests of one package, run on its mutants: see mutation.mjs. */
const folder = process.env["MEANWHILE_MUTATED"] ?? "dav";
const resolve = { conditions: ["@meanwhile/source", "node"] };

export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    include: [`packages/${folder}/src/**/*.test.ts`],
    exclude: ["**/*.soak.test.ts", "**/*.ci.test.ts"],
    testTimeout: 60_000,
  },
});
