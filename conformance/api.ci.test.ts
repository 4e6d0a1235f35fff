/** The reference can be made: every export of a public entry says what it is, and its links lead somewhere. */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

test("npm run api finds every export documented", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/api.mjs", "--check"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });
  expect(stdout + stderr).toBe("");
  expect(status).toBe(0);
});
