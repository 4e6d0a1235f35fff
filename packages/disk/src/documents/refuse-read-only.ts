import { type BigIntStats, constants } from "node:fs";
import { isMissing, isRunning } from "../calls/errno.ts";
import type { Directory, Folder } from "../paths/folder.ts";

/**
 * A file that this process may not write is not replaced either, although the directory would let it: its owner has
 * said so. The system itself is asked, by opening it for writing, since rights can be in lists besides its mode.
 *
 * @throws with the system's error where the file is read-only
 */
export async function refuseReadOnly(
  { calls }: Folder,
  directory: Directory,
  name: string,
  stats: BigIntStats,
): Promise<void> {
  if (!stats.isFile()) return;
  try {
    const flags = constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    await calls.close(await calls.open(directory.at(name), flags));
  } catch (error) {
    // A program that runs cannot be written, and may be replaced.
    if (!isRunning(error) && !isMissing(error)) throw error;
  }
}
