import { realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

/** Whether a place lies within a folder, or is the folder. @param place it need not exist yet */
export function isWithin(folder: string, place: string): boolean {
  const path = relative(realPlace(folder), realPlace(place));
  return path === "" || !(path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path));
}

/** The real path of what may not be there yet. */
function realPlace(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    // Not there, or not to be seen: then its parent says where it would be.
    const parent = dirname(path);
    return parent === path ? path : join(realPlace(parent), basename(path));
  }
}
