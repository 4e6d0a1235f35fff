import type { FolderSurroundings } from "./folder-surroundings.ts";
import { isMissing } from "./list-local.ts";

/** An unfinished download that nobody has written to for so long is of no use any more: one week. */
export const abandonedAfterMs: number = 7 * 24 * 60 * 60 * 1000;

/** Deletes those of the unfinished downloads that are abandoned. */
export async function deleteAbandoned(
  parts: readonly string[],
  { fileSystem, now }: Pick<FolderSurroundings, "fileSystem" | "now">,
): Promise<void> {
  for (const part of parts) {
    try {
      const stats = await fileSystem.lstat(part);
      if (stats.isFile() && now() - stats.mtimeMs > abandonedAfterMs) await fileSystem.unlink(part);
    } catch (error) {
      // It was finished, or another program was quicker.
      if (!isMissing(error)) throw error;
    }
  }
}
