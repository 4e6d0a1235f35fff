import type { ResourcePath } from "@meanwhile/dav";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import type { Calls } from "../calls/calls.ts";
import { isMissing } from "../calls/errno.ts";
import { type CopyJob, fatal, type LargeCopy, partBytes } from "./copy-content.ts";

export interface CopyFileOptions {
  readonly calls: Calls;
  readonly work: Pick<TreeWork, "signal" | "bytes">;
  readonly job: CopyJob;
  /** The document's path, where it is a member of what is copied. */
  readonly source?: ResourcePath;
  /** Of the file when it was looked at, in bytes. Default: not known. */
  readonly size?: bigint;
}

/** Asked once: asking sets it for a moment, for all threads. */
const umask = process.umask();

/** What holds for all the files that a work copies; see {@link CopyJob}. */
export function copyJob(calls: Calls, clock: () => number, more: Partial<CopyJob> = {}): CopyJob {
  return {
    nowMs: clock(),
    umask,
    sync: calls.durability === "none" ? "none" : "now",
    resumed: false,
    ...more,
  };
}

/**
 * Copies an open file to a new name that nobody else knows; see `copyOpened`.
 *
 * @throws {TreeError} "stopped"
 */
export async function copyFileContent(from: number, path: string, options: CopyFileOptions): Promise<void> {
  const { calls, job, size } = options;
  const { large } = await calls.many.copyOpened(from, path, job, size);
  if (large !== undefined) await copyLarge(large, options);
}

/** Copies the content of a large file, part by part, and completes the copy; the source stays open. */
export async function copyLarge(copy: LargeCopy, options: CopyFileOptions): Promise<void> {
  const { calls, job } = options;
  let filled = false;
  try {
    await copyInParts(copy, options);
    filled = true;
    await calls.many.finishCopy(copy, job);
  } catch (error) {
    if (!filled) calls.release(copy.to);
    try {
      await calls.unlink(copy.path);
    } catch (left) {
      if (!isMissing(left)) throw fatal(left);
    }
    throw error;
  }
}

async function copyInParts(
  { from, to, size, holes }: LargeCopy,
  { calls, work, source }: CopyFileOptions,
): Promise<void> {
  for (let at = 0; ; ) {
    if (work.signal.aborted) throw new TreeError("stopped");
    const count = await calls.copyPart(from, to, at, partBytes, holes);
    if (count === 0) {
      // A hole at the end was not written.
      if (holes) await calls.truncate(to, at);
      return;
    }
    at += count;
    if (size > partBytes) work.bytes(at, Math.max(at, size), source);
  }
}
