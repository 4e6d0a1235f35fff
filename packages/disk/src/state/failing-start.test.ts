/** A file system that can no longer be changed, or read, does not keep a server from its start. */
import { readdirSync } from "node:fs";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { makeCrashSite, reap, startProcess } from "../testing/crash/crash.ts";
import { type CrashCase, crashCases, makeCrashTree } from "../testing/crash/crash-cases.ts";

function hidden(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.includes(".meanwhile-"));
}

/** @returns whether the process was ended in the work */
async function startsAfter(crash: CrashCase, endAt: number, code: string): Promise<boolean> {
  let fails = false;
  const site = makeCrashSite((change) => {
    if (fails && change.path !== undefined && change.path !== "works")
      throw Object.assign(new Error(code), { code });
    crash.fault?.(change);
  });
  await makeCrashTree(site.folder, startProcess(site).tree, crash);
  const killed = startProcess(site, endAt);
  const run = crash.run(killed.tree, testWork({ id: "work-1" })).catch(() => {});
  const end = await Promise.race([run, killed.ended]);
  await reap(site);
  fails = true;
  await startProcess(site).recover(new Set());
  fails = false;
  await startProcess(site).recover(new Set());
  expect(hidden(site.folder), `ended before change ${endAt}`).toEqual([]);
  return end === "ended";
}

const cases = crashCases.filter(({ name }) => ["COPY", "MOVE over a collection", "DELETE"].includes(name));

test.each(cases.flatMap((crash) => ["EROFS", "EIO"].map((code) => ({ crash, code, name: crash.name }))))(
  "the start after a $name that was ended survives $code, and the next one tidies up",
  async ({ crash, code }) => {
    let endAt = 1;
    while (await startsAfter(crash, endAt, code)) endAt += 2;
    expect(endAt).toBeGreaterThan(3);
  },
);
