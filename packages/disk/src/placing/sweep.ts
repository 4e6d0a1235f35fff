import type { ResourcePath } from "@meanwhile/dav";
import { completeOverwriting } from "../documents/overwrite.ts";
import { readEntries } from "../paths/entries.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { hasNoOwner, isLeftBehind } from "../paths/names.ts";
import { removeDirectory, silently } from "../trees/remove-tree.ts";
import { removePlaceholder } from "./place-new.ts";
import type { Temporaries } from "./temporaries.ts";

/**
 * Tidies up after a process that did not end by itself: removes what has reserved names that it made, in the recorded
 * directories only. No link is followed.
 *
 * @param needed names that belong to works that may be resumed
 * @returns directories in which something could not be removed, and is tried again at the next start
 */
export async function sweep(
  folder: Folder,
  temporaries: Temporaries,
  needed: ReadonlySet<string>,
): Promise<readonly ResourcePath[]> {
  const unclean: ResourcePath[] = [];
  const unfinished = await completeOverwritings(folder, temporaries);
  const kept = new Set([...needed, ...unfinished]);
  for (const { directory: path, ownerless } of temporaries.left()) {
    const isLeft = (name: string): boolean =>
      !kept.has(name) && (isLeftBehind(name, temporaries.owner) || (ownerless && hasNoOwner(name)));
    const clean = await isTidied(folder, path, (directory) => sweepDirectory(folder, directory, isLeft));
    if (clean) await temporaries.cleared(path);
    else unclean.push(path);
  }
  for (const { directory: path, name, identity: placeholder, forget } of temporaries.placeholders()) {
    const removed = await isTidied(folder, path, async (directory) => {
      await removePlaceholder(folder, directory, name, { facts: { placeholder } });
      return true;
    });
    if (removed) await forget();
    else unclean.push(path);
  }
  return unclean;
}

/** @returns names that are still needed: what is mounted there is not at the moment */
async function completeOverwritings(folder: Folder, temporaries: Temporaries): Promise<readonly string[]> {
  const needed: string[] = [];
  for (const { path, name, draft, backup, forget } of temporaries.overwritings()) {
    let directory: Directory | undefined;
    try {
      directory = await folder.directory(path);
      if (directory !== undefined) await completeOverwriting(folder, { directory, name, draft, backup });
      await forget();
    } catch {
      needed.push(draft, backup);
    } finally {
      directory?.close();
    }
  }
  return needed;
}

/** A directory that is gone is tidy; one that fails (read-only by now, unreadable) waits for the next start. */
async function isTidied(
  folder: Folder,
  path: ResourcePath,
  tidy: (directory: Directory) => Promise<boolean>,
): Promise<boolean> {
  try {
    const directory = await folder.directory(path);
    if (directory === undefined) return true;
    try {
      return await tidy(directory);
    } finally {
      directory.close();
    }
  } catch {
    return false;
  }
}

async function sweepDirectory(
  folder: Folder,
  directory: Directory,
  isLeft: (name: string) => boolean,
): Promise<boolean> {
  let clean = true;
  let removed = false;
  for await (const entries of readEntries(folder.calls, directory)) {
    for (const { name, type } of entries) {
      if (!isLeft(name)) continue;
      if (type === "directory") clean = (await removeDirectory(folder, directory, name, silently)) && clean;
      else clean = (await removeLeft(folder, directory, name)) && clean;
      removed = true;
    }
  }
  if (!removed) return clean;
  // Where it fails the record of the directory stays: what was removed could come back.
  const synced = await folder.calls.syncNames(directory.self).then(
    () => true,
    () => false,
  );
  return synced && clean;
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
