import { mkdirSync, readdirSync, readlinkSync, renameSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "../../../../conformance/judge.ts";
import { Calls } from "../calls/calls.ts";
import { makeFolder } from "../testing/disk.ts";
import { Pace } from "../workers/pace.ts";
import { Folder } from "./folder.ts";
import { HeldDirectories } from "./held-directories.ts";

const at = (path: string) => path as ResourcePath;

function makeHeld() {
  const { folder: root } = makeFolder();
  let now = 0;
  const folder = new Folder({
    root,
    state: undefined,
    calls: new Calls(new Pace()),
    held: new HeldDirectories({ clock: () => now }),
  });
  onTestFinished(() => folder.close());
  /** How many descriptors this process has of what is, or was, in the folder. */
  const open = (): number =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(root);
      } catch {
        return false;
      }
    }).length;
  return { root, folder, open, pass: (ms: number) => (now += ms) };
}

describeWith(["linux"], "a directory that is held again within a moment", () => {
  test("is held by the same descriptor, which is let go once nobody uses it and it is old", async () => {
    const { root, folder, open, pass } = makeHeld();
    mkdirSync(join(root, "a"));
    const first = await folder.directory(at("/a"));
    const second = await folder.directory(at("/a"));
    expect([second?.self, open()]).toEqual([first?.self, 1]);
    first?.close();
    first?.close();
    pass(20);
    const third = await folder.directory(at("/a"));
    expect(third?.self).not.toBe(second?.self);
    expect(open()).toBe(2);
    second?.close();
    expect(open()).toBe(1);
    third?.close();
    folder.close();
    expect(open()).toBe(0);
  });

  test("is another one where it was renamed, removed or replaced meanwhile", async () => {
    const { root, folder } = makeHeld();
    mkdirSync(join(root, "a"));
    (await folder.directory(at("/a")))?.close();
    renameSync(join(root, "a"), join(root, "b"));
    expect(await folder.directory(at("/a"))).toBeUndefined();
    mkdirSync(join(root, "a"));
    writeFileSync(join(root, "a", "new"), "");
    const again = await folder.directory(at("/a"));
    expect(readdirSync(again?.self ?? "")).toEqual(["new"]);
    again?.close();
    (await folder.directory(at("/b")))?.close();
    rmdirSync(join(root, "b"));
    expect(await folder.directory(at("/b"))).toBeUndefined();
  });

  test("is let go by itself", async () => {
    const { folder, open, root, pass } = makeHeld();
    mkdirSync(join(root, "a"));
    (await folder.directory(at("/a")))?.close();
    pass(20);
    await expect.poll(open).toBe(0);
  });

  test("is no longer kept where too many are", async () => {
    const { root, folder, open } = makeHeld();
    for (let number = 0; number < 70; number += 1) {
      mkdirSync(join(root, `${number}`));
      (await folder.directory(at(`/${number}`)))?.close();
    }
    expect(open()).toBe(64);
  });
});
