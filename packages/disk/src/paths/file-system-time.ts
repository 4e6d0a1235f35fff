import { constants } from "node:fs";
import { treeError } from "../calls/errno.ts";
import type { Directory, Folder } from "./folder.ts";

/**
 * Reads the clock of a directory's file system, by the time of a file made there. Nanoseconds since the epoch. Where the
 * file system is full, or takes no file from this process, it is this machine's clock instead: what makes room must
 * not need any.
 */
async function fileSystemTime(folder: Folder, directory: Directory, name: string): Promise<bigint> {
  const at = directory.at(name);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
  let fd: number;
  try {
    fd = await folder.calls.open(at, flags, 0o600);
  } catch (error) {
    const { code } = treeError(error);
    if (code === "no-space" || code === "denied") return BigInt(Date.now()) * 1_000_000n;
    throw error;
  }
  try {
    return (await folder.calls.fstat(fd)).ctimeNs;
  } finally {
    folder.calls.release(fd);
    await folder.calls.unlink(at);
  }
}

/** Longer than the clocks of file systems take to tick, but for those that count in seconds. */
const quickTickMs = 25;
/** Longer than those take: FAT and exFAT count in twos. */
export const slowTickMs: number = 2200;
const pauseMs = 50;

/**
 * The first time of a directory's file system that nothing which was there before can have.
 * @param mostMs how long is waited for it; where the clock does not tick meanwhile, what was made just before counts as
 *   newer, too
 * @param clock milliseconds, never going back
 */
export async function nextFileSystemTime(
  folder: Folder,
  directory: Directory,
  name: string,
  mostMs: number = quickTickMs,
  clock: () => number = () => performance.now(),
): Promise<bigint> {
  const first = await fileSystemTime(folder, directory, name);
  const began = clock();
  for (let now = first; ; now = await fileSystemTime(folder, directory, name)) {
    if (now > first) return now;
    const waited = clock() - began;
    if (waited > mostMs) return first;
    await new Promise<void>((resolve) => {
      if (waited > quickTickMs) setTimeout(resolve, pauseMs);
      else setImmediate(resolve);
    });
  }
}

/** Removes the file where the end of a process left it. */
export async function removeClock(folder: Folder, directory: Directory, name: string): Promise<void> {
  if ((await folder.calls.find(directory.at(name))) !== undefined)
    await folder.calls.unlink(directory.at(name));
}
