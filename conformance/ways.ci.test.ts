/** What of a request's way can be counted: it does not grow unseen. `npm run ways` has all of it. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";
import { testWith } from "./judge.ts";

/** Calls of the system for one request to a warm server with `--durability full`, in the mean of twenty. */
interface Calls {
  readonly opened: number;
  readonly looked: number;
  readonly flushed: number;
}

/** A little more than was counted. What depends on time is left out: commits of the state, one a second, are in flushes.test.ts; a directory may be opened once more where a request is slow. */
const limits: Readonly<Record<string, Calls>> = {
  "GET of 5 bytes": { opened: 1.6, looked: 2.2, flushed: 0 },
  "PUT over a file": { opened: 7.5, looked: 12, flushed: 2.2 },
  "PROPFIND depth 1, 3 members": { opened: 4, looked: 10, flushed: 0 },
  "MOVE of a file": { opened: 8, looked: 27, flushed: 2.2 },
  "LOCK of a file": { opened: 2.6, looked: 4.6, flushed: 0 },
  "DELETE of a file": { opened: 5.5, looked: 10, flushed: 1.2 },
};

testWith(
  ["linux", "strace"],
  "the calls for a GET, PUT, MOVE and others are no more than they were",
  async () => {
    const script = fileURLToPath(new URL("../scripts/ways.mjs", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [script, "--json"]);
    const told = JSON.parse(stdout) as readonly { name: string; calls: Readonly<Record<string, number>> }[];
    const sum = (calls: Readonly<Record<string, number>>, ...names: readonly string[]): number =>
      names.reduce((all, name) => all + (calls[name] ?? 0), 0);
    for (const [name, limit] of Object.entries(limits)) {
      const calls = told.find((way) => way.name === name)?.calls ?? {};
      const counted = {
        opened: sum(calls, "openat"),
        looked: sum(calls, "statx", "newfstatat"),
        flushed: sum(calls, "fsync"),
      };
      // It was counted at all: each of them reads or looks.
      expect(counted.looked, name).toBeGreaterThan(0);
      for (const what of ["opened", "looked", "flushed"] as const)
        expect(counted[what], `${name}: ${what}`).toBeLessThanOrEqual(limit[what]);
    }
  },
);
