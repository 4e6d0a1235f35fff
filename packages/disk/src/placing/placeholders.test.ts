/** A name is taken by something empty that is made there: what another program makes there first stays, empty as it is. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import type { Change } from "../calls/before-change.ts";
import { makeCrashSite, startProcess } from "../testing/crash/crash.ts";

const at = (path: string): ResourcePath => path as ResourcePath;

async function put(tree: Tree): Promise<void> {
  const draft = await tree.draft(at("/target"), { length: undefined });
  await draft.commit({ modifiedMs: undefined, over: "nothing" });
}

const placement = { replace: false };
const table = [
  ["COPY of a collection", (tree: Tree) => copy(tree, "/collection"), "mkdir"],
  [
    "MOVE of a collection",
    (tree: Tree) => tree.move(at("/collection"), at("/target"), placement, testWork()),
    "mkdir",
  ],
  ["COPY where there are no links", (tree: Tree) => copy(tree, "/document"), "create"],
  [
    "MOVE where there are no links",
    (tree: Tree) => tree.move(at("/document"), at("/target"), placement, testWork()),
    "create",
  ],
  ["PUT where there are no links", put, "create"],
] as const;

function copy(tree: Tree, source: string): Promise<unknown> {
  return tree.copy(at(source), at("/target"), { ...placement, depth: "infinity" }, testWork());
}

test.each(table)("%s", async (_, run, making) => {
  const site = makeCrashSite(({ call, path, to }: Change) => {
    if (call === "link") throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    const isTarget = [path, to].some((name) => name?.toString().endsWith("/target"));
    if (call !== making || !isTarget) return;
    if (making === "mkdir") mkdirSync(target);
    else writeFileSync(target, "");
    ino = statSync(target).ino;
  });
  let ino: number | undefined;
  const target = join(site.folder, "target");
  mkdirSync(join(site.folder, "collection"));
  writeFileSync(join(site.folder, "document"), "content");
  const before = readdirSync(site.folder);
  const { tree } = startProcess(site);
  await expect(run(tree)).rejects.toMatchObject({ code: "exists" });
  expect(existsSync(target) && statSync(target).ino).toBe(ino);
  expect(readdirSync(site.folder).toSorted()).toEqual([...before, "target"].toSorted());
  // Nor does the next start take it away.
  await startProcess(site).recover(new Set());
  expect(existsSync(target)).toBe(true);
});
