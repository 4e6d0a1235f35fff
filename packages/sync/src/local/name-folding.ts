import { join } from "node:path";
import type { NameFolding } from "../plan/folder-member.ts";
import type { FolderSurroundings } from "./folder-surroundings.ts";
import { errorCode, isMissing } from "./list-local.ts";
import { singlePartName } from "./part-name.ts";

/** As the platform usually compares names. */
export function usualFolding(platform: NodeJS.Platform): NameFolding {
  return { ignoresCase: platform === "win32" || platform === "darwin", ignoresForm: platform === "darwin" };
}

/** As the folder itself compares names, found out by a file that is there for a moment. */
export async function foldingOf(folder: string, surroundings: FolderSurroundings): Promise<NameFolding> {
  const { fileSystem, platform, randomName } = surroundings;
  const usual = usualFolding(platform);
  const name = singlePartName(randomName());
  const probe = join(folder, name);
  try {
    await (await fileSystem.open(probe, "wx")).close();
  } catch (cause) {
    // A folder that takes no files will say so at each of them.
    if (errorCode(cause) !== undefined) return usual;
    throw cause;
  }
  try {
    await fileSystem.lstat(join(folder, name.toUpperCase()));
    return { ...usual, ignoresCase: true };
  } catch (cause) {
    if (isMissing(cause)) return { ...usual, ignoresCase: false };
    throw cause;
  } finally {
    await fileSystem.unlink(probe);
  }
}
