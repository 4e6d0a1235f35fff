/** COPY of a folder: what is mounted in it, and copies that cannot be synced. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { testWork } from "@meanwhile/server/testing";
import { expect, onTestFinished } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import type { Change } from "../calls/before-change.ts";
import { type CrashSite, makeCrashSite, startProcess } from "../testing/crash/crash.ts";
import { makeTestDisk } from "../testing/disk.ts";
import { mountTmpfs } from "../testing/tmpfs.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const options = { replace: false, depth: "infinity" } as const;

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** A folder with a mounted one that its owner may not change. */
function siteWithMount(fault?: (change: Change) => void): CrashSite {
  const site = makeCrashSite(fault);
  const mount = join(site.folder, "source/mount");
  mkdirSync(mount, { recursive: true });
  onTestFinished(mountTmpfs(mount, "1m"));
  mkdirSync(join(mount, "deep"));
  for (const name of ["a", "deep/b"]) writeFileSync(join(mount, name), name);
  symlinkSync("a", join(mount, "link"));
  chmodSync(mount, 0o500);
  writeFileSync(join(site.folder, "source/beside"), "beside");
  return site;
}

testWith(["tmpfs"], "what is mounted in a folder is copied with it, as plain files", async () => {
  const disk = await makeTestDisk();
  mkdirSync(disk.local("source/mount"), { recursive: true });
  onTestFinished(mountTmpfs(disk.local("source/mount"), "1m"));
  writeFileSync(disk.local("source/mount/a"), "a");
  const work = testWork();
  await disk.tree.copy(at("/source"), at("/copy"), options, work);
  expect([...work.donePaths].sort()).toEqual(["/source", "/source/mount", "/source/mount/a"]);
  expect(work.violations).toEqual([]);
  expect(readFileSync(disk.local("copy/mount/a"), "utf8")).toBe("a");
  expect(lstatSync(disk.local("copy/mount")).dev).toBe(lstatSync(disk.local("copy")).dev);
});

testWith(["tmpfs"], "a mounted folder that may not be changed is copied with its permissions", async () => {
  const site = siteWithMount();
  const work = testWork();
  await startProcess(site).tree.copy(at("/source"), at("/copy"), options, work);
  expect([...work.failures]).toEqual([]);
  expect(lstatSync(join(site.folder, "copy/mount")).mode & 0o777).toBe(0o500);
  expect(readFileSync(join(site.folder, "copy/mount/deep/b"), "utf8")).toBe("deep/b");
  expect(readFileSync(join(site.folder, "copy/mount/link"), "utf8")).toBe("a");
});

testWith(
  ["tmpfs"],
  "a mounted folder that cannot be copied fails alone, and nothing is made for it",
  async () => {
    for (const call of ["mkdir", "mode"] as const) {
      const site = siteWithMount((change) => {
        if (change.call === call && String(change.path).endsWith("/mount")) throw failure("ENOSPC");
      });
      const work = testWork();
      await startProcess(site).tree.copy(at("/source"), at("/copy"), options, work);
      expect([...work.failures], call).toEqual([["/source/mount", "no-space"]]);
      expect(readFileSync(join(site.folder, "copy/beside"), "utf8")).toBe("beside");
      // Members that were copied before are not thrown away.
      expect(existsSync(join(site.folder, "copy/mount")), call).toBe(call === "mode");
    }
  },
);

/** What is synced, by the name that it has. */
function synced({ call, path }: Change): string | undefined {
  return call === "sync" && String(path).startsWith("/proc/") ? readlinkSync(String(path)) : undefined;
}

testWith(
  ["linux"],
  "a copy that cannot be synced is no copy: it is removed, told, and the others stay",
  async () => {
    const site = makeCrashSite((change) => {
      if (synced(change)?.endsWith("/c") === true) throw failure("EIO");
    });
    mkdirSync(join(site.folder, "source/deep/deeper"), { recursive: true });
    for (const name of ["a", "c", "e", "deep/deeper/b", "deep/deeper/c"]) {
      writeFileSync(join(site.folder, "source", name), name);
    }
    const work = testWork();
    await startProcess(site).tree.copy(at("/source"), at("/copy"), options, work);
    expect(new Map(work.failures)).toEqual(
      new Map([
        ["/source/c", "not-written"],
        ["/source/deep/deeper/c", "not-written"],
      ]),
    );
    expect(readdirSync(join(site.folder, "copy"), { recursive: true }).sort()).toEqual([
      ...["a", "deep", "deep/deeper", "deep/deeper/b", "e"],
    ]);
  },
);

testWith(["linux"], "a copy that can be neither synced nor removed ends the whole COPY", async () => {
  const site = makeCrashSite((change) => {
    if (synced(change)?.endsWith("/c") === true) throw failure("EIO");
    if (change.call === "unlink" && String(change.path).endsWith("/c")) throw failure("EROFS");
  });
  mkdirSync(join(site.folder, "source"));
  for (let index = 0; index < 60; index += 1) writeFileSync(join(site.folder, `source/${index}`), "");
  writeFileSync(join(site.folder, "source/c"), "c");
  const copying = startProcess(site).tree.copy(at("/source"), at("/copy"), options, testWork());
  await expect(copying).rejects.toMatchObject({ code: "denied" });
  expect(existsSync(join(site.folder, "copy"))).toBe(false);
});

testWith(["tmpfs"], "the same in a mounted folder ends the whole COPY, too", async () => {
  const site = siteWithMount((change) => {
    if (synced(change)?.endsWith("/b") === true) throw failure("EIO");
    if (change.call === "unlink" && String(change.path).endsWith("/b")) throw failure("EROFS");
  });
  const copying = startProcess(site).tree.copy(at("/source"), at("/copy"), options, testWork());
  await expect(copying).rejects.toMatchObject({ code: "denied" });
  expect(existsSync(join(site.folder, "copy"))).toBe(false);
});

testWith(["linux"], "a copied folder whose names cannot be synced is told", async () => {
  const site = makeCrashSite((change) => {
    if (synced(change)?.endsWith("/deep") === true || /\/deep$/.test(String(change.path))) {
      if (change.call === "sync") throw failure("EIO");
    }
  });
  mkdirSync(join(site.folder, "source/deep"), { recursive: true });
  writeFileSync(join(site.folder, "source/deep/a"), "a");
  const work = testWork();
  await startProcess(site).tree.copy(at("/source"), at("/copy"), options, work);
  expect([...work.failures]).toEqual([["/source/deep", "not-synced"]]);
});
