import type { ResourcePath } from "@meanwhile/dav/path";
import { readEntries } from "./entries.ts";
import type { Directory, Folder } from "./folder.ts";
import { isReservedName } from "./names.ts";
import { removeDirectory, silently } from "./remove-tree.ts";
import type { Aside, Temporaries } from "./temporaries.ts";

/**
 * Tidies up after a process that did not end by itself: brings back what was put aside and not yet replaced, and
 * removes what has reserved names, in the recorded directories only. No link is followed.
 *
 * @returns directories in which something could not be removed, and is tried again at the next start
 */
export async function sweep(folder: Folder, temporaries: Temporaries): Promise<readonly ResourcePath[]> {
  const { asides, directories } = temporaries.left();
  for (const aside of asides) {
    await bringBack(folder, aside);
    await temporaries.settled(aside);
  }
  const unclean: ResourcePath[] = [];
  for (const path of directories) {
    const directory = await folder.directory(path);
    const clean = directory === undefined || (await sweepDirectory(folder, directory));
    directory?.close();
    if (clean) await temporaries.cleared(path);
    else unclean.push(path);
  }
  return unclean;
}

async function bringBack(folder: Folder, aside: Aside): Promise<void> {
  const directory = await folder.directory(aside.directory);
  if (directory === undefined) return;
  try {
    const original = await folder.kindIn(directory, aside.original);
    if (original === "absent" && (await isThere(folder, directory, aside.name))) {
      await folder.calls.rename(directory.at(aside.name), directory.at(aside.original));
    }
  } finally {
    directory.close();
  }
}

async function isThere(folder: Folder, directory: Directory, name: string): Promise<boolean> {
  for await (const entries of readEntries(folder.calls, directory)) {
    if (entries.some((entry) => entry.name === name)) return true;
  }
  return false;
}

async function sweepDirectory(folder: Folder, directory: Directory): Promise<boolean> {
  let clean = true;
  for await (const entries of readEntries(folder.calls, directory)) {
    for (const { name, type } of entries) {
      if (!isReservedName(name)) continue;
      if (type === "directory") clean = (await removeDirectory(folder, directory, name, silently)) && clean;
      else clean = (await removeLeft(folder, directory, name)) && clean;
    }
  }
  return clean;
}

async function removeLeft(folder: Folder, directory: Directory, name: string): Promise<boolean> {
  try {
    await folder.calls.unlink(directory.at(name));
    return true;
  } catch {
    // The caller reports the directory, and the record of it stays.
    return false;
  }
}
