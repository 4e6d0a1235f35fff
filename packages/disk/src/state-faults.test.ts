/** The state directory is full, or can no longer be written: nothing begins that could not be finished. */
import { testWork } from "@meanwhile/server/testing";
import { expect, test } from "vitest";
import type { Change } from "./before-change.ts";
import { makeCrashSite, startProcess } from "./test-crash.ts";
import { crashCases, makeCrashTree } from "./test-crash-cases.ts";
import { describeFolder } from "./test-snapshot.ts";

const faults = [
  { what: "is full", code: "ENOSPC", told: "no-space" },
  { what: "went read-only", code: "EROFS", told: "unavailable" },
] as const;
const works = crashCases.filter(({ name, fault }) => fault === undefined && !name.includes("leaves"));
const pairs = works.flatMap((crash) => faults.map((fault) => ({ ...fault, crash, name: crash.name })));

test.each(pairs)(
  "$name fails where the state directory $what, and changes nothing",
  async ({ crash, code, told }) => {
    let broken = false;
    const site = makeCrashSite((change: Change) => {
      if (broken && change.call === "write" && change.path?.toString().endsWith("/works") === true) {
        throw Object.assign(new Error(code), { code });
      }
    });
    const { tree } = startProcess(site);
    await makeCrashTree(site.folder, tree, crash);
    const before = await describeFolder(site.folder, tree);
    broken = true;
    await expect(crash.run(tree, testWork())).rejects.toMatchObject({ name: "TreeError", code: told });
    expect(await describeFolder(site.folder, tree)).toEqual(before);
    broken = false;
    await crash.run(tree, testWork());
    expect(await describeFolder(site.folder, tree)).not.toEqual(before);
  },
);
