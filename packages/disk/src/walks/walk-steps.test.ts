/** The steps of walks, in this thread: what they stand at, what they tell, and what fails on the way. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { ResourcePath } from "@meanwhile/dav";
import { expect, test } from "vitest";
import { testWith } from "../../../../conformance/judge.ts";
import type { BeforeEach, Change } from "../calls/before-change.ts";
import { fileOperations } from "../calls/file-operations.ts";
import { copyJob } from "../documents/copy-file.ts";
import { makeFolder } from "../testing/disk.ts";
import type { CopyWalk } from "./copy-walk.ts";
import type { CountWalk } from "./count-walk.ts";
import type { RemoveWalk } from "./remove-walk.ts";
import type { Reply, Stop, WalkNews } from "./walk.ts";
import { endWalk, type WalkJob, walkOn } from "./walks.ts";

const at = (path: string): ResourcePath => path as ResourcePath;
const pinning = process.platform === "linux";
/** A reserved name: no resource has it. */
const reserved = ".meanwhile-abc.1.part~";

function begin(): { readonly folder: string; local(path: string): string } {
  const { folder } = makeFolder();
  mkdirSync(join(folder, "source/deep"), { recursive: true });
  mkdirSync(join(folder, "copy"));
  return { folder, local: (path) => join(folder, path) };
}

function copyWalk(folder: string, more: Partial<CopyWalk> = {}, sync: "none" | "later" = "none"): CopyWalk {
  const job = { ...copyJob({ durability: "none" } as never, Date.now), sync };
  return {
    ...{ kind: "copy", from: join(folder, "source"), to: join(folder, "copy"), path: at("/source") },
    ...{ pathBytes: 1_000, left: new Set(), state: undefined, mounts: new Set(), pinning, job },
    ...more,
  };
}

function removeWalk(folder: string, more: Partial<RemoveWalk> = {}): RemoveWalk {
  return {
    ...{ kind: "remove", parent: folder, name: "source", path: at("/source"), staying: new Set() },
    ...{ hiddenStays: false, asks: "none", state: undefined, sync: false, pinning, tells: true },
    ...more,
  };
}

function countWalk(folder: string, more: Partial<CountWalk> = {}): CountWalk {
  return {
    ...{ kind: "count", from: join(folder, "source"), path: at("/source"), purpose: "copy" },
    ...{ left: new Set(), state: undefined, mounts: new Set(), pinning },
    ...more,
  };
}

interface Walked {
  readonly stops: readonly Stop[];
  readonly failed: Readonly<Record<string, string>>;
  readonly documents: readonly string[];
  readonly collections: readonly string[];
  readonly kept: readonly string[];
  readonly links: readonly string[];
  readonly found: number;
  readonly gone: boolean | undefined;
  readonly last: WalkNews;
}

let lastWalk = -1;

/** Walks to the end. @param reply what is done about each stop */
function walk(job: WalkJob, reply: (stop: Stop) => Reply = () => undefined, before?: BeforeEach): Walked {
  const id = lastWalk--;
  const news: WalkNews[] = [];
  const stops: Stop[] = [];
  for (let next: WalkNews = walkOn(id, job, undefined, before); ; ) {
    news.push(next);
    if (next.stop !== undefined) stops.push(next.stop);
    if (next.ended) break;
    next = walkOn(id, undefined, next.stop === undefined ? undefined : reply(next.stop), before);
  }
  const last = news.at(-1) as WalkNews;
  return {
    stops,
    failed: Object.fromEntries(news.flatMap(({ failed }) => failed.map(({ path, code }) => [path, code]))),
    documents: news
      .flatMap(({ documents }) => documents)
      .flatMap(([path, names]) => names.split("/").map((name) => `${path}/${name}`))
      .sort(),
    collections: news.flatMap(({ collections }) => collections),
    kept: news.flatMap(({ kept }) => kept),
    links: news.flatMap(({ links }) => links),
    found: news.reduce((sum, { found }) => sum + found, 0),
    gone: last.gone,
    last,
  };
}

/** Fails each change that is meant, with an error of the system. */
function failing(code: string, meant: (change: Change) => boolean): BeforeEach {
  return (change) => {
    if (meant(change)) throw Object.assign(new Error(code), { code });
  };
}

test("a walk that nobody began is none, and one that is ended twice is ended", () => {
  expect(() => walkOn(0, undefined, undefined, undefined)).toThrow("there is no such walk");
  expect(() => endWalk(0)).not.toThrow();
});

testWith(["linux"], "COPY tells what has no copy, each with its reason, and copies the rest", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/fits"), "fits");
  writeFileSync(local("source/deep/longer"), "");
  writeFileSync(Buffer.concat([Buffer.from(local("source/")), Buffer.from([0x61, 0xff])]), "");
  execFileSync("mkfifo", [local("source/pipe")]);
  writeFileSync(local(`source/${reserved}`), "");
  mkdirSync(local("source/left"));
  symlinkSync("fits", local("source/link"));
  const walked = walk(copyWalk(folder, { pathBytes: 11, left: new Set([at("/source/left")]) }));
  expect(walked.documents).toEqual(["/source/fits"]);
  expect(walked.failed).toEqual({
    "/source/deep/longer": "name-too-long",
    "/source/a\uFFFD": "name-refused",
  });
  expect(walked.collections).toEqual(["/source/deep"]);
  // A link is for others to judge: it may lead out of the folder.
  expect(walked.stops).toMatchObject([{ kind: "member", type: "link", at: { name: "link" } }]);
  expect(readdirSync(local("copy")).sort()).toEqual(["deep", "fits"]);
});

test("COPY waits at what is mounted, which it does not enter", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/deep/a"), "");
  const walked = walk(copyWalk(folder, { mounts: new Set([at("/source/deep")]) }));
  expect(walked.stops).toMatchObject([
    { kind: "member", type: "mount", at: { path: "/source", name: "deep" } },
  ]);
  expect(readdirSync(local("copy"))).toEqual([]);
});

test("COPY tries a file again while it is worth waiting for a descriptor, and then fails it alone", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/a"), "a");
  writeFileSync(local("source/b"), "b");
  let failures = 0;
  const none = failing("EMFILE", ({ call, path }) => {
    const meant = call === "create" && String(path).endsWith("/a") && failures < 2;
    if (meant) failures += 1;
    return meant;
  });
  const patient = walk(copyWalk(folder), () => ({ again: true }), none);
  expect(patient.stops.map(({ kind }) => kind)).toEqual(["no-descriptor", "no-descriptor"]);
  expect(patient.documents).toEqual(["/source/a", "/source/b"]);
  for (const name of ["a", "b"]) expect(readFileSync(local(`copy/${name}`), "utf8")).toBe(name);

  const other = begin();
  writeFileSync(other.local("source/a"), "a");
  writeFileSync(other.local("source/b"), "b");
  failures = 0;
  const impatient = walk(copyWalk(other.folder), () => ({ again: false }), none);
  expect(impatient.failed).toEqual({ "/source/a": "unavailable" });
  expect(impatient.documents).toEqual(["/source/b"]);
});

test("COPY gives directories the permissions of the source last, and syncs those before that it may not read then", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/deep/a"), "a");
  chmodSync(local("source/deep"), 0o500);
  const walked = walk(copyWalk(folder, {}, "later"));
  expect(walked.stops.map(({ kind }) => kind)).toEqual(["sync"]);
  expect(walked.collections).toEqual(["/source/deep"]);
  expect(lstatSync(local("copy/deep")).mode & 0o777).toBe(0o500);
  for (const { fd } of walked.last.unsyncedFiles) fileOperations.close(fd);

  const failed = begin();
  chmodSync(failed.local("source/deep"), 0o500);
  const reply = (): Reply => ({ failure: { code: "not-synced", message: "EIO" } });
  expect(walk(copyWalk(failed.folder, {}, "later"), reply)).toMatchObject({
    failed: { "/source/deep": "not-synced" },
    collections: [],
  });
  expect(existsSync(failed.local("copy/deep"))).toBe(false);
});

test("COPY that goes on finds the directories that an earlier process made, and can fill them", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/deep/a"), "a");
  mkdirSync(local("copy/deep"), { mode: 0o300 });
  const afresh = walk(copyWalk(folder));
  expect(afresh.failed).toEqual({ "/source/deep": "exists" });
  const { job } = copyWalk(folder);
  const goesOn = walk(copyWalk(folder, { job: { ...job, resumed: true } }));
  expect(goesOn).toMatchObject({ failed: {}, documents: ["/source/deep/a"], collections: ["/source/deep"] });
});

test("a part of a copy that cannot be removed ends the whole COPY", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/deep/a"), "a");
  const fails = failing("EIO", ({ call }) => call === "write" || call === "unlink");
  expect(() => walk(copyWalk(folder), undefined, fails)).toThrow(expect.objectContaining({ fatal: true }));
  expect(() => walkOn(lastWalk + 1, undefined, undefined, undefined)).toThrow("there is no such walk");
});

test("COPY stands at what is large, and tells what failed of a member alone", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/large"), "");
  truncateSync(local("source/large"), 1024 * 1024);
  writeFileSync(local("source/small"), "small");
  const fails = failing("ENOSPC", ({ call, path }) => call === "create" && String(path).endsWith("/small"));
  const job = { ...copyWalk(folder).job, sinceNs: 0n };
  const walked = walk(
    copyWalk(folder, { job }),
    (stop) => {
      if (stop.kind !== "large") throw new Error("it stands elsewhere");
      expect(stop.copy).toMatchObject({ size: 1024 * 1024, holes: true });
      for (const fd of [stop.copy.from, stop.copy.to]) fileOperations.close(fd);
      return undefined;
    },
    fails,
  );
  expect(walked.stops).toMatchObject([{ kind: "large", path: "/source/large" }]);
  expect(walked.failed).toEqual({ "/source/small": "no-space" });
});

testWith(["linux"], "a removal takes all that is no resource too, whatever its name", () => {
  const { folder, local } = begin();
  const odd = Buffer.concat([Buffer.from(local("source/deep/")), Buffer.from([0xfe])]);
  mkdirSync(odd);
  writeFileSync(Buffer.concat([odd, Buffer.from("/a")]), "");
  execFileSync("mkfifo", [local("source/pipe")]);
  mkdirSync(local(`source/${reserved}`));
  writeFileSync(local(`source/${reserved}/a`), "");
  symlinkSync("/nowhere", local("source/link"));
  const walked = walk(removeWalk(folder));
  expect(walked).toMatchObject({ gone: true, failed: {}, documents: ["/source/link"] });
  expect(walked.collections).toEqual(["/source/deep", "/source"]);
  expect(existsSync(local("source"))).toBe(false);
});

testWith(["linux"], "a removal that leaves hidden things leaves their collections, which it tells", () => {
  const { folder, local } = begin();
  writeFileSync(Buffer.concat([Buffer.from(local("source/deep/")), Buffer.from([0xfe])]), "");
  writeFileSync(local("source/deep/a"), "");
  mkdirSync(local("source/piped"));
  execFileSync("mkfifo", [local("source/piped/pipe")]);
  const walked = walk(removeWalk(folder, { hiddenStays: true }));
  expect(walked).toMatchObject({ gone: false, failed: {}, documents: ["/source/deep/a"] });
  expect([...walked.kept].sort()).toEqual(["/source", "/source/deep", "/source/piped"]);
  expect(readdirSync(local("source/piped"))).toEqual(["pipe"]);
});

test("a removal leaves the state directory, and says why", () => {
  const { folder, local } = begin();
  mkdirSync(local("source/state"));
  const walked = walk(removeWalk(folder, { state: at("/source/state") }));
  expect(walked).toMatchObject({ gone: false, failed: { "/source": "denied" } });
  expect(readdirSync(local("source"))).toEqual(["state"]);
});

test("a removal tells what could not be removed; of what is no resource its collection", () => {
  const { folder, local } = begin();
  for (const path of ["source/a", "source/b", "source/deep/c"]) writeFileSync(local(path), "");
  mkdirSync(local(`source/${reserved}`));
  writeFileSync(local(`source/${reserved}/hidden`), "");
  const document = failing("EACCES", ({ path }) => String(path).endsWith("/c"));
  const walked = walk(removeWalk(folder), undefined, document);
  expect(walked).toMatchObject({ gone: false, failed: { "/source/deep/c": "denied" } });
  expect(walked.kept).toEqual(["/source/deep", "/source"]);
  const hidden = failing("EACCES", ({ path }) => String(path).endsWith("/hidden"));
  mkdirSync(local(`source/${reserved}`), { recursive: true });
  writeFileSync(local(`source/${reserved}/hidden`), "");
  expect(walk(removeWalk(folder), undefined, hidden).failed).toEqual({ "/source": "busy" });
});

test("a removal reads a directory again while names come, and not for ever", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/first"), "");
  let made = 0;
  const comes: BeforeEach = ({ call }) => {
    if (call === "rmdir" && made < 3) {
      made += 1;
      writeFileSync(local(`source/late-${made}`), "");
    }
  };
  fileOperations.rmdir(local("source/deep"));
  expect(walk(removeWalk(folder), undefined, comes)).toMatchObject({ gone: true });

  mkdirSync(local("source"));
  writeFileSync(local("source/first"), "");
  let rounds = 0;
  const always: BeforeEach = ({ call }) => {
    if (call === "rmdir") writeFileSync(local(`source/again-${rounds++}`), "");
  };
  expect(walk(removeWalk(folder), undefined, always)).toMatchObject({
    gone: false,
    failed: { "/source": "busy" },
  });
  expect(rounds).toBeLessThan(20);
});

test("a removal asks which members may go: all, or links alone; and ends where that cannot be told", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/a"), "a");
  symlinkSync("a", local("source/link"));
  const asked: string[] = [];
  const stay =
    (which: string) =>
    (stop: Stop): Reply => {
      if (stop.kind !== "ask") return undefined;
      asked.push(...stop.members.map(({ path, stats }) => `${path} ${stats !== undefined}`).sort());
      return { stay: stop.members.map(({ path }) => path === which) };
    };
  expect(walk(removeWalk(folder, { asks: "links" }), stay("/source/link"))).toMatchObject({ gone: false });
  expect(asked.splice(0)).toEqual(["/source/link false"]);
  expect(readdirSync(local("source"))).toEqual(["link"]);
  expect(walk(removeWalk(folder, { asks: "all" }), stay("/elsewhere"))).toMatchObject({ gone: true });
  expect(asked).toEqual(["/source/link true"]);

  const other = begin();
  const reply = (): Reply => ({ failure: { code: "not-recorded", message: "ENOSPC" } });
  expect(walk(removeWalk(other.folder, { asks: "all" }), reply)).toMatchObject({
    gone: false,
    failed: { "/source": "not-recorded" },
  });
  expect(existsSync(other.local("source/deep"))).toBe(true);
});

testWith(["linux"], "counting takes what the work will deal with", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/a"), "");
  writeFileSync(local("source/deep/b"), "");
  writeFileSync(Buffer.concat([Buffer.from(local("source/")), Buffer.from([0xff])]), "");
  symlinkSync("a", local("source/link"));
  execFileSync("mkfifo", [local("source/pipe")]);
  mkdirSync(local("source/mounted"));
  writeFileSync(local("source/mounted/c"), "");
  const mounts = new Set([at("/source/mounted")]);
  const copied = walk(countWalk(folder, { mounts }));
  // Two files, two folders, and the name that cannot be copied.
  expect(copied).toMatchObject({ found: 5, links: ["/source/link"] });
  expect(copied.stops).toMatchObject([{ kind: "member", type: "mount", at: { name: "mounted" } }]);
  expect(walk(countWalk(folder, { purpose: "removal" })).found).toBe(6);
  expect(walk(countWalk(folder, { left: new Set([at("/source/deep")]) })).found).toBe(4);
});

test("without descriptors a walk enters directories by their names, and never through a link", () => {
  const { folder, local } = begin();
  writeFileSync(local("source/deep/a"), "a");
  const copied = walk(copyWalk(folder, { pinning: false }));
  expect(copied).toMatchObject({ documents: ["/source/deep/a"], collections: ["/source/deep"], failed: {} });
  symlinkSync(local("source/deep"), local("way"));
  const through = removeWalk(folder, { name: "way", path: at("/way"), pinning: false });
  expect(walk(through)).toMatchObject({ gone: false, failed: { "/way": "not-found" } });
  expect(walk(removeWalk(folder, { pinning: false }))).toMatchObject({ gone: true });
});
