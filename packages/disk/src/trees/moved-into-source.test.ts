/** What another program moves, as old as it is, into a collection that is moved by copying it: it is not removed. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

/** @returns whether the other program acted, before this change of the work, the first being 1 */
async function moveWhile(step: number, into: string, content: string): Promise<boolean> {
  let changes = Number.NEGATIVE_INFINITY;
  const site = makeCrashSite((change) => {
    if (++changes === step) {
      const parent = join(site.folder, into);
      if (readdirSync(site.folder).includes("source") && readdirSync(parent).length > 0)
        renameSync(join(site.folder, "old"), join(parent, "late"));
    }
    if (change.call === "rename" && basename(change.path?.toString() ?? "") === "source")
      throw Object.assign(new Error("EXDEV"), { code: "EXDEV" });
  });
  mkdirSync(join(site.folder, "old/deep"), { recursive: true });
  writeFileSync(join(site.folder, "old/deep/thesis.txt"), content);
  mkdirSync(join(site.folder, "source/d"), { recursive: true });
  for (const name of ["source/a", "source/d/b"]) writeFileSync(join(site.folder, name), name);
  const { tree } = startProcess(site);
  changes = 0;
  await tree.move(at("/source"), at("/moved"), { replace: false }, testWork()).catch(() => {});
  const files = readdirSync(site.folder, { recursive: true, encoding: "utf8" });
  const context = `before change ${step}`;
  expect(
    files.filter((name) => name.includes(".meanwhile-")),
    context,
  ).toEqual([]);
  const thesis = files.find((name) => name.endsWith("deep/thesis.txt"));
  expect(thesis && readFileSync(join(site.folder, thesis), "utf8"), context).toBe(content);
  return changes >= step;
}

test.each(["source", "source/d"])(
  "a folder that comes to /%s stays, with all that is in it",
  async (into) => {
    let step = 1;
    while (await moveWhile(step, into, "years of work")) step += 2;
    expect(step).toBeGreaterThan(10);
  },
);
