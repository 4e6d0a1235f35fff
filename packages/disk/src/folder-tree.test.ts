import { execFileSync } from "node:child_process";
import { treeContract } from "@meanwhile/server/testing";
import { describe, onTestFinished, test } from "vitest";
import { chattrWorks } from "./test-chattr.ts";
import { makeTestDisk } from "./test-disk.ts";

/** As root nothing is unreadable, so that case is for others only. */
const isRoot = process.getuid?.() === 0;

describe("a folder keeps the contract of trees", () => {
  for (const { name, needs, run } of treeContract) {
    const able = needs === "unreadable" ? !isRoot : needs === "irremovable" ? chattrWorks() : true;
    test.skipIf(!able)(name, async () => {
      const disk = await makeTestDisk();
      await run({
        tree: disk.tree,
        capabilities: {
          caseSensitive: process.platform === "linux" ? true : undefined,
          normalizationSensitive: process.platform === "linux" ? true : undefined,
          anyCharacter: process.platform === "linux" ? true : undefined,
          nameBytes: 255,
          propertyBytes: 1024 * 1024,
          unreadable: (path) => void execFileSync("chmod", ["000", disk.local(path)]),
          irremovable: (path) => {
            execFileSync("chattr", ["+i", disk.local(path)]);
            onTestFinished(() => void execFileSync("chattr", ["-i", disk.local(path)]));
          },
        },
      });
    });
  }
});
