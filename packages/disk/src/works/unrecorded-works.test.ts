/** Works on one document that nothing is recorded of (decision 0173): what the end of the process leaves, and what is there once somebody asks. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import type { Tree, TreeWork } from "@meanwhile/server/store";
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import { fileOperations } from "../calls/file-operations.ts";
import { makeCrashSite, reap, startProcess } from "../testing/crash/crash.ts";
import { makeFolder, openTestDisk } from "../testing/disk.ts";

const source = "/a" as ResourcePath;
const destination = "/b" as ResourcePath;
const id = "w";

const works: readonly [
  name: string,
  act: (tree: Tree, work: TreeWork) => Promise<unknown>,
  ends: string[],
][] = [
  [
    "COPY",
    (tree, work) => tree.copy(source, destination, { replace: false, depth: "infinity" }, work),
    ["a", "a b"],
  ],
  ["MOVE", (tree, work) => tree.move(source, destination, { replace: false }, work), ["a", "b", "a b"]],
  ["DELETE", (tree, work) => tree.remove(source, work), ["a", ""]],
];

const names = (folder: string): string =>
  readdirSync(folder)
    .filter((name) => name !== ".meanwhile-root~")
    .sort()
    .join(" ");

test.each(works)("a %s that is not recorded leaves what was, or what is to be", async (_name, act, ends) => {
  for (let change = 1; change < 100; change += 1) {
    const site = makeCrashSite();
    writeFileSync(join(site.folder, "a"), "a");
    const process = startProcess(site, change);
    const work = testWork({ id, light: true, beforeRecord: () => true });
    const end = await Promise.race([act(process.tree, work), process.ended]);
    await reap(site);
    if (end !== "ended") break;
    const next = startProcess(site);
    await next.recover(new Set());
    await next.tree.recovered(new Set());
    expect(ends, `ended before change ${change}`).toContain(names(site.folder));
  }
});

test.each(works)(
  "a %s that is asked for at its end is found done by the next process",
  async (_name, act, ends) => {
    const site = makeCrashSite();
    writeFileSync(join(site.folder, "a"), "a");
    let record = async (): Promise<void> => {};
    const beforeRecord = (asked: () => Promise<void>): boolean => {
      record = asked;
      return true;
    };
    const result = await act(startProcess(site).tree, testWork({ id, light: true, beforeRecord }));
    await record();
    const next = startProcess(site);
    await next.recover(new Set([id]));
    expect(await act(next.tree, testWork({ id, resumed: true }))).toEqual(result);
    expect(ends).toContain(names(site.folder));
  },
);

test("a MOVE takes the old name away with the call that gives the new one, where no test looks between", async () => {
  const place = makeFolder();
  writeFileSync(join(place.folder, "a"), "a");
  const disk = await openTestDisk(place);
  await disk.tree.move(source, destination, { replace: false }, testWork({ light: true }));
  expect(names(place.folder)).toBe("b");
});

test("the first name stays where it is another file's by now", () => {
  const { folder } = makeFolder();
  const [a, b] = [join(folder, "a"), join(folder, "b")];
  writeFileSync(a, "a");
  expect(fileOperations.linkAndUnlink(a, b, { ino: 0n, birthtimeNs: 0n })).toBe(true);
  expect(names(folder)).toBe("a b");
});
