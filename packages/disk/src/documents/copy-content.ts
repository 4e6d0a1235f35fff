/** The copying of files, in the synchronous form that workers and the calling thread share. */
import * as fs from "node:fs";
import { TreeError } from "@meanwhile/server/store";
import type { BeforeEach } from "../calls/before-change.ts";
import { hasNoReflink, isMissing, mayBeOfName, syncError, treeError } from "../calls/errno.ts";
import { toSeconds } from "./resource.ts";

/** What holds for all the files that a work copies. Plain data: it goes to workers. */
export interface CopyJob {
  /** The time of last access that copies get, in milliseconds since the epoch. */
  readonly nowMs: number;
  /** Permissions that the process masks. */
  readonly umask: number;
  /** Whether copies are synced; "later": they stay open, to be synced by others. */
  readonly sync: "none" | "now" | "later";
  /** Whether an earlier process, since the same start of the machine, may have copied some of the files. */
  readonly resumed: boolean;
  /** Files that changed at this time or later, in nanoseconds since the epoch, are told as {@link Copied.late}. */
  readonly sinceNs?: bigint;
}

/** What a file was when its copying began. */
export type Signature = Pick<fs.BigIntStats, "dev" | "ino" | "size" | "mtimeNs" | "ctimeNs">;

/** A copy that has its name, and not its content yet: that is large, or has holes, and is copied part by part. */
export interface LargeCopy {
  readonly from: number;
  readonly to: number;
  readonly path: string;
  readonly size: number;
  readonly holes: boolean;
  readonly mode: number;
  readonly mtimeNs: bigint;
}

export interface Copied {
  /** What is left to do; undefined where the copy is whole. */
  readonly large?: LargeCopy;
  readonly late?: Signature;
  /** The copy, open, where it is to be synced and closed by others. */
  readonly unsynced?: number;
}

/** Up to this size a file is read and written with one call each. */
const smallBytes = 128 * 1024;
/** Larger files, and those with holes, are copied in parts of this size, unless the file system can share their content. */
export const partBytes: number = 4 * 1024 * 1024;

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;

/** File systems, by their device, that were found to have no copy that shares content. */
const withoutReflink: Set<bigint> = new Set();

/**
 * Copies an open file to a new name: its content, its permissions (less those that are masked) and, last, its time of
 * last modification. Where the file system can, the copy shares the content (reflink). Both descriptors of a large copy
 * stay open. A copy that fails is removed.
 *
 * @throws {TreeError} "not-found" where it is no file
 */
export function copyOpened(from: number, path: string, job: CopyJob, before?: BeforeEach): Copied {
  const stats = fs.fstatSync(from, { bigint: true });
  if (!stats.isFile()) throw new TreeError("not-found");
  const late = job.sinceNs !== undefined && stats.ctimeNs >= job.sinceNs ? { late: signatureOf(stats) } : {};
  if (job.resumed && isCopied(stats, path, job, before)) return late;
  const size = Number(stats.size);
  const mode = Number(stats.mode & 0o777n);
  const cloned = size > smallBytes ? shareContent(from, path, stats.dev, before) : undefined;
  const shared = cloned !== undefined;
  const to = cloned ?? create(path, mode | 0o200, before);
  const holes = stats.blocks * 512n < stats.size;
  const copy: LargeCopy = { from, to, path, size, holes, mode, mtimeNs: stats.mtimeNs };
  if (!shared && (holes || size > partBytes)) return { large: copy, ...late };
  let closed = false;
  try {
    if (!shared && !copyWhole(from, to, size, before)) return { large: copy, ...late };
    closed = true;
    // The system's own copy sets the permissions of the source, with those that this process masks.
    const unsynced = finishCopy(copy, job, before, shared);
    return unsynced === undefined ? late : { ...late, unsynced };
  } catch (error) {
    if (!closed) fs.closeSync(to);
    removeCopy(path, before);
    throw error;
  }
}

/**
 * Once it has its content: sets permissions and times, syncs the copy and closes it.
 * @returns the copy, open, where it is to be synced later
 */
export function finishCopy(
  { to, mode, mtimeNs }: LargeCopy,
  { nowMs, umask, sync }: CopyJob,
  before?: BeforeEach,
  shared = false,
): number | undefined {
  let stays = false;
  try {
    if (shared || (mode & 0o200) === 0) {
      before?.({ call: "mode", path: undefined });
      fs.fchmodSync(to, mode & ~umask);
    }
    before?.({ call: "times", path: undefined });
    fs.futimesSync(to, asTime(toSeconds(nowMs)), asTime(Number(mtimeNs / 1000n) / 1e6 + 4e-7));
    if (sync === "now") syncContent(to, before);
    stays = sync === "later";
  } finally {
    if (!stays) fs.closeSync(to);
  }
  return stays ? to : undefined;
}

/** Marks what is a failure of the whole work, however deep it is met: something stays that is no copy. */
export function fatal(error: unknown): Error {
  return Object.assign(error as Error, { fatal: true });
}

/** Whether it was marked so. */
export function isFatal(error: unknown): boolean {
  return (error as { readonly fatal?: true }).fatal === true;
}

/** Removes what could not be copied wholly. What stays must not be taken for a copy: all of the work fails then. */
function removeCopy(path: string, before?: BeforeEach): void {
  try {
    before?.({ call: "unlink", path });
    fs.unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw fatal(error);
  }
}

/**
 * Whether an earlier process copied it wholly: size, permissions and time say so, for a copy gets its time last; and the
 * source has not changed since. A copy that is not whole is removed. One that is may not have been synced.
 */
function isCopied(source: fs.BigIntStats, path: string, job: CopyJob, before?: BeforeEach): boolean {
  const there = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (there === undefined) return false;
  if (isWhole(source, there, job) && (job.sync === "none" || isSynced(path, before))) return true;
  removeCopy(path, before);
  return false;
}

function isWhole(source: fs.BigIntStats, copy: fs.BigIntStats, { umask, sinceNs }: CopyJob): boolean {
  // Of what changes while it is moved, the copy that this process made is known to be of the last change; no other is.
  if (sinceNs !== undefined && source.ctimeNs >= sinceNs) return false;
  if (!copy.isFile() || source.ctimeNs >= copy.ctimeNs || source.size !== copy.size) return false;
  if (Number(copy.mode & 0o7777n) !== (Number(source.mode & 0o777n) & ~umask)) return false;
  return source.mtimeNs / 1000n === copy.mtimeNs / 1000n;
}

/** Syncs a copy that an earlier process made. @returns false where this process may not open it */
function isSynced(path: string, before?: BeforeEach): boolean {
  const fd = openOwn(path);
  if (fd === undefined) return false;
  try {
    syncContent(fd, before);
    return true;
  } finally {
    fs.closeSync(fd);
  }
}

/** Opens a copy; undefined where its permissions keep its own owner from reading it. */
function openOwn(path: string): number | undefined {
  try {
    return fs.openSync(path, O_RDONLY | O_NOFOLLOW);
  } catch (error) {
    if (treeError(error).code === "denied") return undefined;
    throw error;
  }
}

function create(path: string, mode: number, before?: BeforeEach): number {
  try {
    before?.({ call: "create", path });
    return fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  } catch (error) {
    throw nameFailure(error, path);
  }
}

/** What a failure to make a name says: where the directory is there, the name itself may be what the file system cannot have. */
export function nameFailure(error: unknown, path: string): unknown {
  if (!mayBeOfName(error) || !isLinked(path.slice(0, path.lastIndexOf("/")))) return error;
  return new TreeError("name-refused", "the file system cannot have this name", { cause: error });
}

/** Whether a directory still has a name. */
function isLinked(directory: string): boolean {
  return (fs.statSync(directory, { bigint: true, throwIfNoEntry: false })?.nlink ?? 0n) > 0n;
}

/** One for all the copies of a thread. */
let buffer: Buffer | undefined;

/** @returns false where it has become too large meanwhile */
function copyWhole(from: number, to: number, size: number, before?: BeforeEach): boolean {
  buffer ??= Buffer.allocUnsafeSlow(smallBytes + 1);
  // A file that grew meanwhile is copied as it is now, so a byte more than its size is asked for.
  for (let at = 0; at <= partBytes; ) {
    const count = fs.readSync(from, buffer, 0, buffer.byteLength, at);
    if (count === 0) return true;
    before?.({ call: "write", path: undefined });
    for (let written = 0; written < count; ) {
      written += fs.writeSync(to, buffer, written, count - written, at + written);
    }
    at += count;
    if (at === size && count < buffer.byteLength) return true;
  }
  return false;
}

/** @returns the copy, open; undefined, with nothing made, where there can be none that shares content and can be opened */
function shareContent(from: number, path: string, device: bigint, before?: BeforeEach): number | undefined {
  if (process.platform !== "linux" || withoutReflink.has(device)) return undefined;
  before?.({ call: "copy", path: `/proc/self/fd/${from}`, to: path });
  const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE } = fs.constants;
  try {
    fs.copyFileSync(`/proc/self/fd/${from}`, path, COPYFILE_FICLONE_FORCE | COPYFILE_EXCL);
  } catch (error) {
    if (!hasNoReflink(error)) throw error;
    withoutReflink.add(device);
    return undefined;
  }
  let opened: number | undefined;
  try {
    opened = openOwn(path);
  } finally {
    if (opened === undefined) removeCopy(path, before);
  }
  return opened;
}

/** Syncs a copy that stayed open, and closes it. */
export function syncAndClose(fd: number, before?: BeforeEach): void {
  try {
    syncContent(fd, before);
  } finally {
    fs.closeSync(fd);
  }
}

function syncContent(fd: number, before?: BeforeEach): void {
  try {
    before?.({ call: "sync", path: `/proc/self/fd/${fd}` });
    fs.fsyncSync(fd);
  } catch (error) {
    throw syncError(error, "not-written");
  }
}

function signatureOf({ dev, ino, size, mtimeNs, ctimeNs }: fs.BigIntStats): Signature {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

/** Node takes a number below zero for the present; a date before 1970 it takes for what it is. */
export function asTime(seconds: number): number | Date {
  return seconds < 0 ? new Date(seconds * 1000) : seconds;
}
