/** Between the end of a process and the next one others change what the work is about: nothing of theirs is lost. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { type CrashSite, makeCrashSite, reap, startProcess } from "../testing/crash/crash.ts";
import { type CrashCase, crashCases, makeCrashTree } from "../testing/crash/crash-cases.ts";
import {
  hiddenIn,
  type Interference,
  id,
  interfered,
  recreate,
  testInterference,
  theirs,
} from "../testing/crash/interference.ts";

testInterference("some");

/** The first change of a work before which the folder is in a certain state. */
async function firstChangeWhere(crash: CrashCase, holds: (folder: string) => boolean): Promise<number> {
  for (let change = 1; change < 1000; change += 1) {
    const site = makeCrashSite(crash.fault);
    const state = await interfered(site, crash, change, { name: "", act: () => true });
    if (state === "over") break;
    if (holds(site.folder)) return change;
  }
  throw new Error("the work never comes there");
}

async function resumedAfter(crash: CrashCase, change: number, act: (site: CrashSite) => void) {
  const site = makeCrashSite(crash.fault);
  const other: Interference = {
    name: "",
    act: () => {
      act(site);
      return true;
    },
  };
  const state = await interfered(site, crash, change, other);
  if (typeof state === "string") throw new Error("the work was over");
  const { tree, recover } = startProcess(site);
  await recover(new Set([id]));
  const { startedMs, seen } = state;
  const work = testWork({ id, resumed: true, startedMs });
  let error: unknown;
  await crash.run(tree, work, seen).catch((thrown: unknown) => {
    error = thrown;
  });
  return { site, work, error };
}

function caseOf(name: string): CrashCase {
  const crash = crashCases.find((candidate) => candidate.name === name);
  if (crash === undefined) throw new Error(`no case is called ${name}`);
  return crash;
}

test("a member of the destination that others changed is kept beside the copied one, and told", async () => {
  const { site, work } = await resumedAfter(caseOf("COPY over a collection"), 10, ({ folder }) => {
    writeFileSync(join(folder, "destination/d/b"), theirs);
  });
  expect([...work.keptPaths]).toEqual([["/destination/d/b (kept)", "changed"]]);
  expect(readFileSync(join(site.folder, "destination/d/b (kept)"), "utf8")).toBe(theirs);
  expect(readFileSync(join(site.folder, "destination/d/b"), "utf8")).toBe("content of source/d/b");
  expect(readFileSync(join(site.folder, "destination/a"), "utf8")).toBe("content of source/a");
  expect(existsSync(join(site.folder, "destination/old"))).toBe(false);
});

test("a destination that others replaced fails the COPY, and stays", async () => {
  const { site, error } = await resumedAfter(caseOf("COPY over a collection"), 10, ({ folder }) => {
    recreate(join(folder, "destination"));
  });
  expect(error).toMatchObject({ name: "TreeError", code: "changed" });
  expect(readdirSync(join(site.folder, "destination"))).toEqual(["new"]);
});

test("a member of the source that others changed is not removed by a MOVE between file systems", async () => {
  const crash = caseOf("MOVE to another file system");
  const placed = await firstChangeWhere(crash, (folder) => existsSync(join(folder, "destination/z")));
  const { site, work } = await resumedAfter(crash, placed, ({ folder }) => {
    writeFileSync(join(folder, "source/z"), theirs);
  });
  expect([...work.failures]).toEqual([["/source/z", "changed"]]);
  expect(readFileSync(join(site.folder, "source/z"), "utf8")).toBe(theirs);
  expect(readdirSync(join(site.folder, "source"))).toEqual(["z"]);
});

test("a collection that others make anew while its removal waits is not removed (§9.6.1)", async () => {
  const crash = caseOf("DELETE");
  const hidden = await firstChangeWhere(crash, (folder) => !existsSync(join(folder, "source")));
  const { site, work, error } = await resumedAfter(crash, hidden, ({ folder }) => {
    recreate(join(folder, "source"));
  });
  expect(error).toBeUndefined();
  expect([...work.failures]).toEqual([]);
  expect(readdirSync(join(site.folder, "source"))).toEqual(["new"]);
  expect(hiddenIn(site.folder)).toEqual([]);
});

test("a disk that is closed leaves works where they are, and the next process goes on from there", async () => {
  const crash = caseOf("COPY");
  const site = makeCrashSite();
  const first = startProcess(site);
  await makeCrashTree(site.folder, first.tree, crash);
  let closing: Promise<void> | undefined;
  const closed = new Promise<void>((resolve) => {
    const work = testWork({
      id,
      onEvent: (event) => {
        if (event.kind !== "done" || closing !== undefined) return;
        closing = first.tree.close().then(resolve);
      },
    });
    void crash.run(first.tree, work);
  });
  await closed;
  await reap(site);
  expect(existsSync(join(site.folder, "destination"))).toBe(false);
  expect(hiddenIn(site.folder).length).toBeGreaterThan(1);
  const { tree, recover } = startProcess(site);
  await recover(new Set([id]));
  await crash.run(tree, testWork({ id, resumed: true }));
  expect(readdirSync(join(site.folder, "destination")).sort()).toEqual(["a", "d", "e", "z"]);
  expect(hiddenIn(site.folder)).toEqual([]);
});
