import * as fs from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { TreeError } from "@meanwhile/server/store";
import { hasNoDescriptor, isTaken } from "../calls/errno.ts";
import { type CopyJob, copyOpened, isFatal, nameFailure } from "../documents/copy-content.ts";
import { mayBeNamed } from "../paths/names.ts";
import { enter, leave, type WalkedDirectory, WalkedNames } from "./open-directory.ts";
import { isAgain, patiently, type Steps, type Stop, throwFailure, type Walking } from "./walk.ts";

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;

/** Copies the members of a directory, at every depth, into one that nobody else knows yet. */
export interface CopyWalk {
  readonly kind: "copy";
  /** What the system's calls take for the directory, and for that of the copies. */
  readonly from: string;
  readonly to: string;
  readonly path: ResourcePath;
  /** How many bytes the paths of its members, from here on, may have at the destination. */
  readonly pathBytes: number;
  /** Members that are left alone, with all below them. */
  readonly left: ReadonlySet<ResourcePath>;
  readonly state: ResourcePath | undefined;
  /** Directories at which something is mounted: whether they answer is not this thread's matter. */
  readonly mounts: ReadonlySet<ResourcePath>;
  readonly pinning: boolean;
  readonly job: CopyJob;
  /** One of the members alone: a directory, which `entered` stands for. Default: all members. */
  readonly only?: { readonly name: string; readonly entered: string };
}

/** The steps of a copy. What fails is told of its member, unless it leaves a part of a copy: then it is thrown. */
export function* copyTree(walking: Walking, { only, ...walk }: CopyWalk): Steps {
  if (only === undefined) yield* copyMembers(walking, walk);
  // A link has never this name, and neither has what replaced the directory.
  else yield* copyDirectory(walking, walk, only.name, `${only.entered}/.`);
}

function* copyMembers(walking: Walking, walk: CopyWalk): Steps {
  const { from, to, path, left, state } = walk;
  const names = yield* WalkedNames.open(from);
  try {
    for (let entry = names.next(); entry !== undefined; entry = names.next()) {
      if (walking.isOver()) yield;
      const { name, type, bytes } = entry;
      const kind = type === "directory" ? "collection" : "document";
      if (left.size > 0 && left.has(memberPath(path, name))) continue;
      if (bytes === undefined && (type === "other" || !mayBeNamed(state, path, name))) continue;
      if (!fits(name, walk.pathBytes))
        walking.failed(
          memberPath(path, name),
          kind,
          new TreeError("name-too-long", "the whole path is too long"),
        );
      else if (bytes !== undefined)
        walking.failed(
          memberPath(path, name),
          kind,
          new TreeError("name-refused", "the name on disk is not valid UTF-8"),
        );
      else if (type === "directory") yield* copyUnlessMounted(walking, walk, name);
      else if (type === "link") yield { kind: "member", type: "link", at: { from, to, path, name } };
      else {
        const stop = copyFile(walking, walk, name);
        if (stop !== undefined) yield* stopAt(walking, walk, name, stop);
      }
    }
  } finally {
    names.close();
  }
}

function fits(name: string, bytes: number): boolean {
  return 1 + 3 * name.length <= bytes || 1 + Buffer.byteLength(name) <= bytes;
}

/** @returns where it is not done, what is left to do */
function copyFile(walking: Walking, walk: CopyWalk, name: string): Stop | undefined {
  const { from, to, path, job } = walk;
  let fd: number | undefined;
  try {
    fd = fs.openSync(`${from}/${name}`, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const { large, late, unsynced } = copyOpened(fd, `${to}/${name}`, job, walking.before);
    if (late !== undefined) walking.late(memberPath(path, name), late);
    if (large !== undefined) {
      fd = undefined;
      return { kind: "large", copy: large, path: memberPath(path, name) };
    }
    if (unsynced === undefined) walking.document(path, name);
    else walking.unsyncedFile({ path: memberPath(path, name), fd: unsynced });
    return undefined;
  } catch (error) {
    if (isFatal(error)) throw error;
    if (hasNoDescriptor(error)) return { kind: "no-descriptor" };
    walking.failed(memberPath(path, name), "document", error);
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function* stopAt(walking: Walking, walk: CopyWalk, name: string, first: Stop): Steps {
  for (let stop: Stop | undefined = first; stop !== undefined; ) {
    const reply = yield stop;
    if (stop.kind !== "no-descriptor") return;
    if (isAgain(reply)) stop = copyFile(walking, walk, name);
    else {
      const error = new TreeError("unavailable", "no file descriptor is left");
      walking.failed(memberPath(walk.path, name), "document", error);
      return;
    }
  }
}

function* copyUnlessMounted(walking: Walking, walk: CopyWalk, name: string): Steps {
  const { from, to, path, mounts } = walk;
  if (mounts.has(memberPath(path, name)))
    yield { kind: "member", type: "mount", at: { from, to, path, name } };
  else yield* copyDirectory(walking, walk, name, `${from}/${name}`);
}

/** @param from what the system's calls take for it */
function* copyDirectory(walking: Walking, walk: CopyWalk, name: string, from: string): Steps {
  const path = memberPath(walk.path, name);
  let source: WalkedDirectory | undefined;
  let target: WalkedDirectory | undefined;
  const at = `${walk.to}/${name}`;
  try {
    source = yield* patiently(() => enter(from, walk.pinning));
    makeDirectory(walking, at, source.mode, walk.job.resumed);
    target = yield* patiently(() => enter(at, walk.pinning));
    const pathBytes = walk.pathBytes - 1 - Buffer.byteLength(name);
    yield* copyMembers(walking, { ...walk, from: source.self, to: target.self, path, pathBytes });
    if (yield* isCompleted(walking, walk, { at, path, mode: source.mode, target })) {
      walking.collection(path);
    } else target = undefined;
  } catch (error) {
    if (isFatal(error)) throw error;
    if (target !== undefined) removeEmpty(walking, at);
    walking.failed(path, "collection", error);
  } finally {
    leave(source);
    leave(target);
  }
}

interface FilledDirectory {
  readonly at: string;
  readonly path: ResourcePath;
  readonly mode: number;
  readonly target: WalkedDirectory;
}

/** @returns false where it stays open, to be synced by others */
function* isCompleted(
  walking: Walking,
  { job }: CopyWalk,
  { at, path, mode, target }: FilledDirectory,
): Steps<boolean> {
  const missing = 0o700 & ~mode;
  if (job.sync !== "none") {
    if (missing === 0 && target.fd !== undefined) {
      walking.unsyncedDirectory({ path, fd: target.fd });
      return false;
    }
    // Before its owner may lose the right to read it, without which it cannot be synced.
    throwFailure(yield { kind: "sync", directory: target.self });
  }
  if (missing !== 0) {
    walking.before?.({ call: "mode", path: at });
    fs.chmodSync(target.self, fs.lstatSync(at).mode & 0o7777 & ~missing);
  }
  return true;
}

/** Makes a directory with the permissions of another (less those that are masked), which this process can fill. */
function makeDirectory(walking: Walking, at: string, mode: number, resumed: boolean): void {
  try {
    walking.before?.({ call: "mkdir", path: at });
    fs.mkdirSync(at, (mode & 0o777) | 0o700);
  } catch (error) {
    const there = resumed && isTaken(error) ? fs.lstatSync(at) : undefined;
    if (there?.isDirectory() !== true) throw nameFailure(error, at);
    // An earlier process made it, and may have taken from it already what the source does not give either.
    if ((there.mode & 0o700) === 0o700) return;
    walking.before?.({ call: "mode", path: at });
    fs.chmodSync(at, (there.mode & 0o7777) | 0o700);
  }
}

function removeEmpty(walking: Walking, at: string): void {
  try {
    walking.before?.({ call: "rmdir", path: at });
    fs.rmdirSync(at);
  } catch {
    // Some members were copied before the directory could no longer be read: they stay.
  }
}
