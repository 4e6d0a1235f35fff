/**
 * What the disk does with files, in the synchronous form in which both the main thread and the workers do it. Arguments
 * and results are what a message can carry between threads.
 */
import * as fs from "node:fs";
import { isMainThread } from "node:worker_threads";
import {
  asTime,
  type Copied,
  type CopyJob,
  copyOpened,
  finishCopy,
  type LargeCopy,
  syncAndClose,
} from "../documents/copy-content.ts";
import type { Reply, WalkNews } from "../walks/walk.ts";
import { endWalk, type WalkJob, walkOn } from "../walks/walks.ts";
import type { BeforeEach } from "./before-change.ts";
import { type NameType, nameOf, namesAtOnce, openNames, typeOf } from "./directory-names.ts";
import type { FilePath } from "./file-facts.ts";
import { FactsGatherer, type ManyFacts } from "./many-facts.ts";

const big = { bigint: true } as const;
const lookingOptions = { bigint: true, throwIfNoEntry: false } as const;
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants;

export const fileOperations = {
  open: (path: FilePath, flags: number, mode: number): number => fs.openSync(toPath(path), flags, mode),
  close: (fd: number): void => fs.closeSync(fd),
  lstat: (path: FilePath): fs.BigIntStats => fs.lstatSync(toPath(path), big),
  /** As `lstat`; undefined where nothing has the name (ENOENT, ENOTDIR), which costs less than an error. */
  find: (path: FilePath): fs.BigIntStats | undefined => fs.lstatSync(toPath(path), lookingOptions),
  /** Opens a path and tells what is open, and where that is by now (Linux). */
  hold: (path: string, flags: number): Held => {
    const fd = fs.openSync(path, flags);
    try {
      return { fd, where: fs.readlinkSync(`/proc/self/fd/${fd}`), stats: fs.fstatSync(fd, big) };
    } catch (error) {
      fs.closeSync(fd);
      throw error;
    }
  },
  /**
   * Opens a regular file for reading, and tells where that is by now (Linux). Opening a pipe or a device can disturb other
   * programs, so what has the name is looked at first, unless it was a file a moment ago (`known`).
   *
   * @param most the content of a file that has no more bytes is read, and the file closed
   * @returns undefined where something else than a regular file has the name
   */
  openFile: (path: string, known: boolean, most: number): OpenedFile | undefined => {
    if (!known && !fs.lstatSync(path).isFile()) return undefined;
    const fd = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    let kept = false;
    try {
      const stats = fs.fstatSync(fd, big);
      if (!stats.isFile()) return undefined;
      const where = fs.readlinkSync(`/proc/self/fd/${fd}`);
      const content = stats.size <= most ? fileOperations.read(fd, Number(stats.size), 0) : undefined;
      kept = content === undefined;
      return content === undefined ? { where, stats, fd } : { where, stats, content };
    } finally {
      if (!kept) fs.closeSync(fd);
    }
  },
  /** As `find`, for many names of a directory. */
  findAll: (directory: string, names: readonly FilePath[]): ManyFacts => {
    const gathered = new FactsGatherer(names.length);
    for (const [at, name] of names.entries()) {
      if (typeof name !== "string") continue;
      try {
        const stats = fs.lstatSync(`${directory}/${name}`, lookingOptions);
        if (stats !== undefined) gathered.found(at, stats);
      } catch (error) {
        // One that cannot be looked at does not keep the others from being told.
        gathered.failed(at, error as NodeJS.ErrnoException);
      }
    }
    return gathered.all();
  },
  /** Whether something has the name; of a directory that is held by a descriptor, whether it still has one. */
  isThere: (path: string): boolean => {
    const link = fs.lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return (
      link !== undefined && (fs.statSync(path, { bigint: true, throwIfNoEntry: false })?.nlink ?? 1n) > 0n
    );
  },
  fstat: (fd: number): fs.BigIntStats => fs.fstatSync(fd, big),
  readlink: (path: string): string => fs.readlinkSync(path),
  realpath: (path: string): string => fs.realpathSync.native(path),
  statfs: (path: string): fs.BigIntStatsFs => fs.statfsSync(path, big),
  rename: (from: string, to: string): void => fs.renameSync(from, to),
  link: (from: string, to: string): void => fs.linkSync(from, to),
  /**
   * As `link`, and takes the first name away at once, unless it is that of another file by now.
   * @returns false where that failed: the file has both names then
   */
  linkAndUnlink: (from: string, to: string, { ino, birthtimeNs }: FileId): boolean => {
    fs.linkSync(from, to);
    try {
      const there = fs.lstatSync(from, lookingOptions);
      if (there?.ino === ino && there.birthtimeNs === birthtimeNs) fs.unlinkSync(from);
      return true;
    } catch {
      // Whoever tries again is told.
      return false;
    }
  },
  unlink: (path: FilePath): void => fs.unlinkSync(toPath(path)),
  copyOpened: (from: number, path: string, job: CopyJob, before?: BeforeEach): Copied =>
    copyOpened(from, path, job, before),
  finishCopy: (copy: LargeCopy, job: CopyJob, before?: BeforeEach): void =>
    void finishCopy(copy, job, before),
  /** Syncs and closes copies, as many as it can in a slice. @returns how many, see {@link sliceOf} */
  syncCopies: (copies: readonly number[], before?: BeforeEach): number =>
    sliceOf(copies, (fd) => syncAndClose(fd, before)),
  /** Goes on with a walk through a tree for a slice of time; see `walkOn`. */
  walkOn: (id: number, job: WalkJob | undefined, reply: Reply, before?: BeforeEach): WalkNews =>
    walkOn(id, job, reply, before),
  endWalk: (id: number): void => endWalk(id),
  truncate: (fd: number, length: number): void => fs.ftruncateSync(fd, length),
  rmdir: (path: FilePath): void => fs.rmdirSync(toPath(path)),
  mkdir: (path: string, mode: number): void => void fs.mkdirSync(path, mode),
  chmod: (path: string, mode: number): void => fs.chmodSync(path, mode),
  fchmod: (fd: number, mode: number): void => fs.fchmodSync(fd, mode),
  fchown: (fd: number, user: number, group: number): void => fs.fchownSync(fd, user, group),
  /** Times are seconds since the epoch. */
  futimes: (fd: number, accessed: number, modified: number): void =>
    fs.futimesSync(fd, asTime(accessed), asTime(modified)),
  utimes: (path: string, accessed: number, modified: number): void =>
    fs.utimesSync(path, asTime(accessed), asTime(modified)),
  /** Waits until the content and facts of a file, or the names of a directory, survive a loss of power (fsync). */
  sync: (fd: number): void => fs.fsyncSync(fd),
  /** Removes a file or directory with all below it. */
  removeAll: (path: FilePath): void => fs.rmSync(toPath(path), { recursive: true }),
  readInto: (fd: number, into: Uint8Array, position: number): number =>
    fs.readSync(fd, into, 0, into.byteLength, position),
  /** Reads at most so many bytes, fewer at the end of the file. */
  read: (fd: number, length: number, position: number): Uint8Array<ArrayBuffer> => {
    // What goes to another thread goes as a whole: it is no part of the pool that small buffers share.
    const bytes = isMainThread ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, position));
  },
  /** Writes all the bytes. @param position null: where the last write ended */
  write: (fd: number, bytes: Uint8Array, position: number | null): void => {
    for (let at = 0; at < bytes.byteLength; ) {
      at += fs.writeSync(fd, bytes, at, bytes.byteLength - at, position === null ? null : position + at);
    }
  },
  /**
   * Copies at most so many bytes from one file to another.
   * @param holes whether blocks of zeros are left out: what is never written is a hole, which takes no room
   * @returns how many; 0 at the end of the source
   */
  copyPart: (from: number, to: number, position: number, length: number, holes: boolean): number => {
    const bytes = fileOperations.read(from, length, position);
    for (const [start, end] of holes ? written(bytes) : [[0, bytes.byteLength] as const]) {
      fileOperations.write(to, bytes.subarray(start, end), position + start);
    }
    return bytes.byteLength;
  },
  /** Begins to read a directory, under a number of the caller's choice; see {@link readNames}. */
  openNames: (id: number, path: string, withFacts: boolean): NameBatch => {
    const directory = openNames(path);
    openDirectories.set(id, directory);
    return readBatch(id, directory, withFacts ? path : undefined);
  },
  /** @param factsBelow where the directory is, if the facts of what has the names are wanted, too */
  readNames: (id: number, factsBelow?: string): NameBatch => {
    const directory = openDirectories.get(id);
    if (directory === undefined) return { names: [], types: [], ended: true };
    return readBatch(id, directory, factsBelow);
  },
  closeNames: (id: number): void => {
    openDirectories.get(id)?.closeSync();
    openDirectories.delete(id);
  },
} as const;

export type FileOperations = typeof fileOperations;
export type FileOperation = keyof FileOperations;

/** Runs an operation on the calling thread. */
export function here<Name extends FileOperation>(
  operation: Name,
  args: Parameters<FileOperations[Name]>,
): ReturnType<FileOperations[Name]> {
  // Each operation takes its own arguments; for all of them together that cannot be said in types.
  const run = fileOperations[operation] as unknown as (
    ...given: Parameters<FileOperations[Name]>
  ) => ReturnType<FileOperations[Name]>;
  return run(...args);
}

/** Other work has its turn after so long. */
const sliceMs = 10;

/**
 * Does something with each in their order, until a slice of time is over.
 * @returns how many were done
 * @throws what failed, with the number of those done before as `done`
 */
export function sliceOf<Item>(items: readonly Item[], act: (item: Item) => void): number {
  const ends = performance.now() + sliceMs;
  let done = 0;
  try {
    for (const item of items) {
      act(item);
      done += 1;
      if (performance.now() > ends) break;
    }
    return done;
  } catch (error) {
    throw Object.assign(error as Error, { done });
  }
}

/** Which file it is. */
export type FileId = Pick<fs.BigIntStats, "ino" | "birthtimeNs">;

/** What is held by a descriptor. */
export interface Held {
  readonly fd: number;
  readonly where: string;
  readonly stats: fs.BigIntStats;
}

/** A regular file that was opened for reading: the descriptor, or all that was in it. */
export type OpenedContent = { readonly stats: fs.BigIntStats } & (
  | { readonly fd: number; readonly content?: never }
  | { readonly fd?: never; readonly content: Uint8Array }
);

/** The same, and where it is. */
export type OpenedFile = OpenedContent & { readonly where: string };

/** Some names of a directory. The directory is closed with the batch that has `ended`. */
export interface NameBatch {
  /** As bytes where a name is not valid UTF-8. */
  readonly names: readonly FilePath[];
  readonly types: readonly NameType[];
  /** Of what has the names, as `findAll` gives them; undefined where they were not asked for. */
  readonly facts?: ManyFacts;
  readonly ended: boolean;
}

/** Directories of this thread that are being read. */
export const openDirectories: Map<number, fs.Dir> = new Map<number, fs.Dir>();

/** The blocks of file systems are of this size, or a few of them are. */
const blockBytes = 4096;
const zeros = Buffer.alloc(blockBytes);

/** Where the bytes are not zero, in whole blocks. */
function written(bytes: Uint8Array): readonly (readonly [start: number, end: number])[] {
  const parts: [number, number][] = [];
  for (let start = 0; start < bytes.byteLength; start += blockBytes) {
    const block = bytes.subarray(start, start + blockBytes);
    if (zeros.subarray(0, block.byteLength).equals(block)) continue;
    const last = parts.at(-1);
    if (last?.[1] === start) last[1] += block.byteLength;
    else parts.push([start, start + block.byteLength]);
  }
  return parts;
}

function readBatch(id: number, directory: fs.Dir, factsBelow: string | undefined): NameBatch {
  const names: FilePath[] = [];
  const types: NameType[] = [];
  let facts: ManyFacts | undefined;
  let ended = false;
  try {
    while (names.length < namesAtOnce) {
      const entry = directory.readSync();
      ended = entry === null;
      if (entry === null) break;
      names.push(nameOf(entry));
      types.push(typeOf(entry));
    }
    // Before the directory is closed: its path may go by its descriptor.
    if (factsBelow !== undefined) facts = fileOperations.findAll(factsBelow, names);
  } catch (error) {
    fileOperations.closeNames(id);
    throw error;
  }
  if (ended) fileOperations.closeNames(id);
  return { names, types, ended, ...(facts === undefined ? {} : { facts }) };
}

function toPath(path: FilePath): string | Buffer {
  return typeof path === "string" ? path : Buffer.from(path.buffer, path.byteOffset, path.byteLength);
}
