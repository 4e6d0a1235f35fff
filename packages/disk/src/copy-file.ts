import { type BigIntStats, constants } from "node:fs";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import type { Calls } from "./calls.ts";
import { hasNoReflink } from "./errno.ts";
import { toSeconds } from "./resource.ts";

/** Up to this size a file is read and written with one call each. */
const smallBytes = 128 * 1024;
/** Larger files, and those with holes, are copied in parts of this size, unless the file system can share their content. */
const partBytes = 4 * 1024 * 1024;

export interface CopyFileOptions {
  /** The source, open for reading. */
  readonly from: number;
  /** Where the copy is made: a new name, that nobody else knows. */
  readonly to: string;
  readonly calls: Calls;
  readonly work: Pick<TreeWork, "signal" | "bytes">;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Told what the source is before it is read. */
  readonly copied?: ((stats: BigIntStats) => void) | undefined;
}

/**
 * Copies the content of a file, its permissions (less those that the process masks) and its time of last
 * modification. Where the file system can, the copy shares the content (reflink). Holes stay holes. The copy is synced.
 *
 * @throws {TreeError} "stopped"; a part of a copy may then be left
 */
export async function copyFileContent(options: CopyFileOptions): Promise<void> {
  const { calls, from } = options;
  const stats = await calls.fstat(from);
  if (!stats.isFile()) throw new TreeError("not-found");
  options.copied?.(stats);
  const size = Number(stats.size);
  const mode = Number(stats.mode & 0o777n);
  const shared = size > smallBytes && (await shareContent(options, stats.dev));
  const created = shared ? 0 : constants.O_CREAT | constants.O_EXCL;
  const to = await calls.open(options.to, constants.O_WRONLY | constants.O_NOFOLLOW | created, mode | 0o200);
  try {
    const holes = stats.blocks * 512n < stats.size;
    const small = size <= smallBytes && !holes;
    if (!shared) await (small ? copySmall(options, to, size) : copyInParts(options, to, size, holes));
    // The system's own copy sets the permissions of the source, with those that this process masks.
    if (shared || (mode & 0o200) === 0) await calls.fchmod(to, mode & ~process.umask());
    await calls.futimes(to, toSeconds(options.clock()), Number(stats.mtimeNs / 1000n) / 1e6 + 4e-7);
    await calls.sync(to);
  } finally {
    await calls.close(to);
  }
}

async function copySmall({ calls, from }: CopyFileOptions, to: number, size: number): Promise<void> {
  // A file that grew meanwhile is copied as it is now, so a byte more than its size is asked for.
  const buffer = Buffer.allocUnsafe(size + 1);
  for (let at = 0; ; ) {
    const count = await calls.read(from, buffer, at);
    if (count === 0) return;
    await calls.write(to, buffer.subarray(0, count), at);
    at += count;
    if (at === size && count < buffer.byteLength) return;
  }
}

async function copyInParts(
  options: CopyFileOptions,
  to: number,
  size: number,
  holes: boolean,
): Promise<void> {
  const { calls, from, work } = options;
  for (let at = 0; ; ) {
    if (work.signal.aborted) throw new TreeError("stopped");
    const count = await calls.copyPart(from, to, at, partBytes, holes);
    if (count === 0) {
      // A hole at the end was not written.
      if (holes) await calls.ftruncate(to, at);
      return;
    }
    at += count;
    if (size > partBytes) work.bytes(at, Math.max(at, size));
  }
}

/** @returns false, with nothing made, where the file system cannot or the system has no name for an open file */
async function shareContent({ calls, from, to }: CopyFileOptions, device: bigint): Promise<boolean> {
  if (process.platform !== "linux" || calls.withoutReflink.has(device)) return false;
  try {
    await calls.shareContent(`/proc/self/fd/${from}`, to);
    return true;
  } catch (error) {
    if (!hasNoReflink(error)) throw error;
    calls.withoutReflink.add(device);
    return false;
  }
}
