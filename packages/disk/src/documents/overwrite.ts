import { constants } from "node:fs";
import { treeError } from "../calls/errno.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { copyFileContent, copyJob } from "./copy-file.ts";
import { toSeconds } from "./resource.ts";

/** A file that something is mounted at gets new content: its name cannot be given to another file. */
export interface Overwriting {
  readonly directory: Directory;
  readonly name: string;
  /** The hidden file that has the new content, whole and synced. */
  readonly draft: string;
  /** The hidden file that gets the old content before it is touched. */
  readonly backup: string;
}

const { O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;
const partBytes = 4 * 1024 * 1024;

/**
 * Copies the content of a draft over a file. The old content is kept beside it until that is done, and comes back where
 * it fails.
 *
 * @param record called before the file is touched: from then on {@link completeOverwriting} can finish it
 */
export async function overwrite(
  folder: Folder,
  overwriting: Overwriting,
  { clock, record }: { readonly clock: () => number; record(): Promise<void> },
): Promise<void> {
  const { calls } = folder;
  const { directory, name, draft, backup } = overwriting;
  const target = await calls.open(directory.at(name), O_RDWR | O_NOFOLLOW);
  try {
    const work = { signal: new AbortController().signal, bytes: () => {} };
    await copyFileContent(target, directory.at(backup), { calls, work, job: copyJob(calls, clock) });
    await calls.syncNames(directory.self);
    await record();
    try {
      await copyOver(folder, directory.at(draft), target);
    } catch (error) {
      // Where this fails as well, the backup stays for the next start.
      await copyOver(folder, directory.at(backup), target);
      await calls.unlink(directory.at(backup));
      throw error;
    }
    await calls.unlink(directory.at(backup));
  } finally {
    await calls.close(target);
  }
}

/** Goes on where an earlier process was ended: the draft, or else the backup, is copied over the file again. */
export async function completeOverwriting(folder: Folder, overwriting: Overwriting): Promise<void> {
  const { directory, name, draft, backup } = overwriting;
  const isLeft = async (hidden: string) => (await folder.calls.find(directory.at(hidden))) !== undefined;
  const source = (await isLeft(draft)) ? draft : backup;
  if (!(await isLeft(source))) return;
  const target = await folder.calls.open(directory.at(name), O_RDWR | O_NOFOLLOW);
  try {
    await copyOver(folder, directory.at(source), target);
  } finally {
    await folder.calls.close(target);
  }
}

/**
 * Gives a file that was overwritten its time of modification, in milliseconds since the epoch. Only its owner may: where that
 * is another user, the content is in place all the same, and its time is that of its writing.
 */
export async function setModified(
  { calls }: Folder,
  at: string,
  times: { readonly accessedMs: number; readonly modifiedMs: number },
): Promise<void> {
  try {
    await calls.utimes(at, toSeconds(times.accessedMs), toSeconds(times.modifiedMs));
  } catch (error) {
    if (treeError(error).code !== "denied") throw error;
  }
}

async function copyOver({ calls }: Folder, source: string, target: number): Promise<void> {
  const from = await calls.open(source, O_RDONLY | O_NOFOLLOW);
  try {
    let length = 0;
    for (let copied = -1; copied !== 0; length += copied) {
      copied = await calls.copyPart(from, target, length, partBytes, false);
    }
    await calls.truncate(target, length);
    await calls.sync(target);
  } finally {
    await calls.close(from);
  }
}
