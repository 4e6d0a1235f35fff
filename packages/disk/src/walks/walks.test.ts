/** Walks in a worker: slices, stops, and what they have open. */
import { existsSync, mkdirSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { expect, onTestFinished, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import { copyJob } from "../documents/copy-file.ts";
import { makeFolder } from "../testing/disk.ts";
import type { FileLane, FileSession } from "../workers/file-lane.ts";
import { FileWorkers } from "../workers/file-workers.ts";
import type { CopyWalk } from "./copy-walk.ts";
import type { RemoveWalk } from "./remove-walk.ts";
import type { WalkNews } from "./walk.ts";
import type { WalkJob } from "./walks.ts";

const path = "/source" as ResourcePath;

function begin(): { readonly folder: string; readonly lane: FileLane } {
  const { folder } = makeFolder();
  mkdirSync(join(folder, "source/deep/below"), { recursive: true });
  mkdirSync(join(folder, "copy"));
  const workers = new FileWorkers();
  onTestFinished(() => workers.close());
  return { folder, lane: workers.lane("waiting") };
}

function copyWalk(folder: string, sync: "none" | "later" = "none"): CopyWalk {
  const job = { ...copyJob({ durability: "none" } as never, Date.now), sync };
  return {
    ...{ kind: "copy", from: join(folder, "source"), to: join(folder, "copy"), path, pathBytes: 1_000 },
    ...{ left: new Set(), state: undefined, mounts: new Set(), pinning: process.platform === "linux", job },
  };
}

const removeWalk = (folder: string): RemoveWalk => ({
  ...{ kind: "remove", parent: folder, name: "source", path, staying: new Set(), hiddenStays: false },
  ...{ asks: "none", state: undefined, sync: true, pinning: process.platform === "linux", tells: true },
});

/** Descriptors of this process that stand for something in the folder. */
const openIn = (folder: string): readonly string[] =>
  readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const at = readlinkSync(`/proc/self/fd/${fd}`);
      return at.startsWith(folder) ? [at] : [];
    } catch {
      return [];
    }
  });

/** Goes on to a stop or the end: on a busy machine the first slice may be over before. */
async function walked(session: FileSession, job: WalkJob | undefined): Promise<WalkNews> {
  const news = await session.run("walkOn", [session.id, job, undefined]);
  if (news.ended || news.stop !== undefined) return news;
  const next = await walked(session, undefined);
  return {
    ...next,
    documents: [...news.documents, ...next.documents],
    collections: [...news.collections, ...next.collections],
    kept: [...news.kept, ...next.kept],
    failed: [...news.failed, ...next.failed],
    unsyncedFiles: [...news.unsyncedFiles, ...next.unsyncedFiles],
    unsyncedDirectories: [...news.unsyncedDirectories, ...next.unsyncedDirectories],
  };
}

test("a walk tells each member, and that it has ended", async () => {
  const { folder, lane } = begin();
  const session = lane.session();
  writeFileSync(join(folder, "source/a"), "a");
  writeFileSync(join(folder, "source/deep/below/b"), "b");
  const news = await walked(session, copyWalk(folder));
  expect(news).toMatchObject({
    ended: true,
    failed: [],
    documents: expect.arrayContaining([
      ["/source", "a"],
      ["/source/deep/below", "b"],
    ]),
    collections: ["/source/deep/below", "/source/deep"],
  });
  expect(existsSync(join(folder, "copy/deep/below/b"))).toBe(true);
  const next = lane.session();
  const removed = await walked(next, removeWalk(folder));
  expect(removed).toMatchObject({ ended: true, gone: true, failed: [] });
  expect(readdirSync(folder)).toEqual(["copy"]);
});

testWith(
  ["linux"],
  "a walk that stands at a large file goes on behind it, or ends there; nothing stays open",
  async () => {
    const { folder, lane } = begin();
    const large = join(folder, "source/deep/below/large");
    writeFileSync(large, "");
    truncateSync(large, 8 * 1024 * 1024);
    for (const goesOn of [true, false]) {
      const session = lane.session();
      const standing = await walked(session, copyWalk(folder));
      expect(standing).toMatchObject({ ended: false, documents: [], stop: { kind: "large" } });
      const { stop } = standing;
      if (stop?.kind !== "large") throw new Error("it does not stand");
      expect(openIn(folder).length).toBeGreaterThan(4);
      for (const fd of [stop.copy.from, stop.copy.to]) await lane.run("close", [fd]);
      if (goesOn) {
        const news = await walked(session, undefined);
        expect(news).toMatchObject({ ended: true, collections: ["/source/deep/below", "/source/deep"] });
        await lane.run("removeAll", [join(folder, "copy")]);
        mkdirSync(join(folder, "copy"));
      } else await session.run("endWalk", [session.id]);
      expect(openIn(folder)).toEqual([]);
    }
  },
);

testWith(["linux"], "copies that are synced by others stay open, with their directories", async () => {
  const { folder, lane } = begin();
  const session = lane.session();
  writeFileSync(join(folder, "source/deep/a"), "a");
  const news = await walked(session, copyWalk(folder, "later"));
  expect(news).toMatchObject({ documents: [], collections: [] });
  expect(news.unsyncedFiles.map((file) => file.path)).toEqual(["/source/deep/a"]);
  expect(news.unsyncedDirectories.map((directory) => directory.path)).toEqual([
    "/source/deep/below",
    "/source/deep",
  ]);
  expect(await lane.run("syncCopies", [news.unsyncedFiles.map(({ fd }) => fd)])).toBe(1);
  for (const { fd } of news.unsyncedDirectories) await lane.run("close", [fd]);
  expect(openIn(folder)).toEqual([]);
});

test("what cannot be removed is told, with the directories that it keeps", async () => {
  const { folder, lane } = begin();
  const session = lane.session();
  writeFileSync(join(folder, "source/deep/a"), "a");
  writeFileSync(join(folder, "source/deep/below/b"), "b");
  const staying = new Set(["/source/deep/a" as ResourcePath]);
  const walk = { ...removeWalk(folder), staying };
  const standing = await walked(session, walk);
  // What left the directory that stays must not come back.
  expect(standing).toMatchObject({ ended: false, stop: { kind: "sync" } });
  let news = standing;
  const kept: string[] = [...news.kept];
  while (!news.ended) {
    news = await walked(session, undefined);
    kept.push(...news.kept);
  }
  expect(news).toMatchObject({ gone: false });
  expect(kept).toEqual(["/source/deep", "/source"]);
  expect(readdirSync(join(folder, "source"), { recursive: true }).sort()).toEqual(["deep", "deep/a"]);
});
