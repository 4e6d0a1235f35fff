/** What cannot be removed of something that was replaced is shown and named, and nothing stays hidden. */
import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, onTestFinished } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { makeTestDisk, type TestDisk } from "../testing/disk.ts";
import { listed } from "../testing/listed.ts";
import { dropPrivileges } from "../testing/privileges.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const property = { name: { namespace: "urn:example", local: "a" }, xml: '<a xmlns="urn:example"/>' };

async function makeDisk(): Promise<TestDisk> {
  const disk = await makeTestDisk();
  for (const path of ["s", "d/sub/deep"]) mkdirSync(disk.local(path), { recursive: true });
  for (const path of ["s/a", "d/old", "d/sub/deep/stuck", "d/sub/old", "document"])
    writeFileSync(disk.local(path), path);
  await disk.tree.patchProperties(at("/s"), [{ action: "set", property }]);
  return disk;
}

function makeImmutable(disk: TestDisk, path: string): void {
  execFileSync("chattr", ["+i", disk.local(path)]);
  const inode = lstatSync(disk.local(path)).ino;
  onTestFinished(() => {
    const now = listed(disk.folder, { recursive: true }).filter(
      (name) => lstatSync(disk.local(name)).ino === inode,
    );
    for (const name of now) execFileSync("chattr", ["-i", disk.local(name)]);
  });
}

function names(disk: TestDisk): readonly string[] {
  return listed(disk.folder, { recursive: true }).sort();
}

const requests = [
  { method: "COPY", source: "/s" },
  { method: "MOVE", source: "/s" },
  { method: "COPY", source: "/document" },
  { method: "MOVE", source: "/document" },
] as const;

for (const { method, source } of requests) {
  testWith(
    ["chattr"],
    `${method} of ${source} over a collection with an immutable member names it where it is kept (§9.8.4)`,
    async () => {
      const disk = await makeDisk();
      makeImmutable(disk, "d/sub/deep/stuck");
      const work = testWork();
      const { seen } = await disk.tree.see(at("/d"), { members: true });
      const placement = { replace: true, seen };
      if (method === "COPY")
        await disk.tree.copy(at(source), at("/d"), { ...placement, depth: "infinity" }, work);
      else await disk.tree.move(at(source), at("/d"), placement, work);
      expect([...work.keptPaths]).toEqual([["/d (kept)/sub/deep/stuck", "denied"]]);
      expect(work.violations).toEqual([]);
      expect(readFileSync(disk.local("d (kept)/sub/deep/stuck"), "utf8")).toBe("d/sub/deep/stuck");
      expect(names(disk).filter((name) => name.startsWith("d"))).toEqual(
        [
          ...["d", "d (kept)", "d (kept)/sub", "d (kept)/sub/deep", "d (kept)/sub/deep/stuck"],
          ...(source === "/s" ? ["d/a"] : []),
          ...(method === "MOVE" && source === "/document" ? [] : ["document"]),
        ].sort(),
      );
      if (source === "/s") expect(await disk.tree.properties(at("/d"))).toEqual([property]);
      expect(await disk.tree.properties(at("/d (kept)"))).toEqual([]);
    },
  );
}

testWith(["chattr"], "an immutable destination is not replaced, and all is as it was", async () => {
  for (const path of ["d", "document"]) {
    const disk = await makeDisk();
    makeImmutable(disk, path);
    const before = names(disk);
    const copy = disk.tree.copy(at("/s"), at(`/${path}`), { replace: true, depth: "infinity" }, testWork());
    await expect(copy).rejects.toMatchObject({ code: "denied" });
    expect(names(disk)).toEqual(before);
  }
});

testWith(
  ["permissions"],
  "a member of the replaced collection that this process has no right to remove is kept and named",
  async () => {
    const disk = await makeDisk();
    chmodSync(disk.local("d/sub/deep"), 0o555);
    chmodSync(dirname(disk.folder), 0o755);
    dropPrivileges(disk.folder, disk.state);
    const work = testWork();
    await disk.tree.copy(at("/s"), at("/d"), { replace: true, depth: "infinity" }, work);
    expect([...work.keptPaths]).toEqual([["/d (kept)/sub/deep/stuck", "denied"]]);
    expect(names(disk).filter((name) => name.includes(".meanwhile-"))).toEqual([]);
  },
);

testWith(["chattr"], "a DELETE whose name another program takes shows what it cannot remove", async () => {
  const disk = await makeDisk();
  makeImmutable(disk, "d/sub/deep/stuck");
  let taken = false;
  const work = testWork({
    onEvent: ({ kind }) => {
      if (kind !== "done" || taken) return;
      taken = true;
      writeFileSync(disk.local("d"), "theirs");
    },
  });
  await disk.tree.remove(at("/d"), work);
  expect(readFileSync(disk.local("d"), "utf8")).toBe("theirs");
  expect([...work.keptPaths]).toEqual([["/d (kept)", "busy"]]);
  expect(names(disk).filter((name) => name.includes(".meanwhile-"))).toEqual([]);
});
