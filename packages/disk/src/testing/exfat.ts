/**
 * The contract of trees on exFAT, by FUSE: no hard links, no inode numbers that last, no case in names, and a clock
 * that ticks every two seconds.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TreeCapabilities, treeContract } from "@meanwhile/server/testing";
import { onTestFinished } from "vitest";
import { describeWith, testWith } from "../../../../conformance/judge.ts";
import { makeFolder, openTestDisk } from "./disk.ts";

const capabilities: TreeCapabilities = { respell: (name) => name.toUpperCase() };
/** @param only whether a case of the contract is run, by its name */
export function describeExfat(only: (name: string) => boolean): void {
  describeWith(["exfatprogs"], "a folder on exFAT keeps the contract of trees", () => {
    for (const { name, needs, run } of treeContract) {
      if (!only(name) || (needs !== undefined && !(needs in capabilities))) continue;
      testWith(["exfat"], name, async () => {
        const { folder, state } = makeFolder();
        const image = join(folder, "image");
        const at = join(folder, "at");
        mkdirSync(at);
        writeFileSync(image, "");
        truncateSync(image, 8 * 1024 * 1024);
        execFileSync("mkfs.exfat", [image], { stdio: "pipe" });
        const device = execFileSync("losetup", ["--find", "--show", image], { encoding: "utf8" }).trim();
        onTestFinished(() => void execFileSync("losetup", ["--detach", device]));
        execFileSync("mount.exfat-fuse", [device, at], { stdio: "pipe" });
        onTestFinished(() => void execFileSync("umount", ["-l", at]));
        const { tree } = await openTestDisk({ folder: at, state });
        await run({ tree, capabilities });
      });
    }
  });
}
