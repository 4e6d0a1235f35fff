/** A process is ended before each of its changes; the next one finishes the work as if nothing had happened. */
import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { type CrashSite, makeCrashSite, reap, startProcess } from "./crash.ts";
import { type CrashCase, crashCases, makeCrashTree } from "./crash-cases.ts";
import { describeFolder, fileIdentities } from "./snapshot.ts";

const id = "work-1";

interface End {
  readonly tree: readonly string[];
  readonly result: unknown;
  readonly failures: ReadonlyMap<string, string>;
}

async function undisturbed(crash: CrashCase): Promise<End & { readonly changes: number }> {
  const site = makeCrashSite(crash.fault);
  const process = startProcess(site);
  await makeCrashTree(site.folder, process.tree, crash);
  const before = process.changes;
  const work = testWork(workOf(crash));
  const result = await settle(crash.run(process.tree, work));
  return {
    tree: await describeFolder(site.folder, process.tree),
    result,
    failures: work.failures,
    changes: process.changes - before,
  };
}

function workOf({ skipped, light = false }: CrashCase): Parameters<typeof testWork>[0] {
  return { id, skipped, light };
}

/** Makes the tree, and ends the process that works on it before a change. @returns false where it came to its end */
async function endedAt(site: CrashSite, crash: CrashCase, change: number): Promise<boolean> {
  await makeCrashTree(site.folder, startProcess(site).tree, crash);
  const process = startProcess(site, change);
  const work = testWork(workOf(crash));
  const end = await Promise.race([settle(crash.run(process.tree, work)), process.ended]);
  await reap(site);
  return end === "ended";
}

async function resume(
  site: CrashSite,
  crash: CrashCase,
): Promise<End & { readonly violations: readonly string[] }> {
  const { tree, recover } = startProcess(site);
  await recover(new Set([id]));
  const work = testWork({ id, skipped: crash.skipped, resumed: true });
  const result = await settle(crash.run(tree, work));
  const described = await describeFolder(site.folder, tree);
  return { tree: described, result, failures: work.failures, violations: work.violations };
}

async function settle(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

function hidden(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.includes(".meanwhile-"),
  );
}

/**
 * Tests each crash case, ended before each of its changes; or only before every fifth.
 */
export function testRecovery(which: "each" | "every fifth"): void {
  test.each(crashCases)(
    `$name, ended before ${which} of its changes, comes to the same end`,
    async (crash) => {
      const expected = await undisturbed(crash);
      const { light = false } = crash;
      expect(expected.changes).toBeGreaterThan(light ? 1 : 3);
      let ended = 0;
      for (let change = 1; change < 1000; change += which === "each" || light ? 1 : 5) {
        const site = makeCrashSite(crash.fault);
        if (!(await endedAt(site, crash, change))) break;
        ended += 1;
        const staged = copiesIn(site.folder);
        const end = await resume(site, crash);
        const context = `ended before change ${change}`;
        expect(end.tree, context).toEqual(expected.tree);
        expect(end.failures, context).toEqual(expected.failures);
        expect(end.violations, context).toEqual([]);
        expect(hidden(site.folder), context).toEqual([]);
        const now = fileIdentities(site.folder);
        for (const [path, identity] of staged) {
          expect(now.get(`destination/${path}`), `${context}: ${path}`).toBe(identity);
        }
      }
      expect(ended).toBeGreaterThan(which === "each" && !light ? 2 : 0);
    },
  );
}

/** Files that were copied wholly, with their time, and whose source is older than the copy, into what is staged: by their path in it. */
function copiesIn(folder: string): readonly (readonly [path: string, identity: string])[] {
  return [...fileIdentities(folder)].flatMap(([path, identity]) => {
    const [, member] = /^\.meanwhile-[^/]*-staged~\/(.*)$/.exec(path) ?? [];
    if (member === undefined || !isSameCopy(join(folder, "source", member), join(folder, path))) return [];
    return [[member, identity] as const];
  });
}

function isSameCopy(source: string, copy: string): boolean {
  if (!existsSync(source)) return false;
  const [one, other] = [lstatSync(source, { bigint: true }), lstatSync(copy, { bigint: true })];
  if (one.ctimeNs >= other.ctimeNs) return false;
  return one.size === other.size && one.mtimeNs / 1000n === other.mtimeNs / 1000n;
}
