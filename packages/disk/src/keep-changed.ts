import { memberPath, type ResourcePath } from "@meanwhile/dav/path";
import type { Resource } from "@meanwhile/server/store";
import { readEntries } from "./entries.ts";
import type { Directory, Folder } from "./folder.ts";
import { changedSince } from "./identity.ts";
import { isReservedName } from "./names.ts";
import { removeDirectory, removeFile, silently } from "./remove-tree.ts";

export interface KeepChanged {
  /** What was put aside. */
  readonly from: Directory;
  /** What took its place. */
  readonly into: Directory;
  /** The time of the file system when the work began. */
  readonly timeNs: bigint;
  /** Told of each member before it is moved. */
  note(path: ResourcePath, kind: Resource["kind"]): Promise<void>;
}

/**
 * Others changed members of a collection that was to be replaced, while no process worked on it. They get their place
 * in the new one, as they are, and what was copied there goes.
 */
export async function keepChanged(folder: Folder, keeping: KeepChanged): Promise<void> {
  await keepMembers(folder, keeping, keeping.from, async () => keeping.into);
}

/** Whether others changed members of a directory, at any depth, after a time. */
export async function hasChangedMembers(
  folder: Folder,
  directory: Directory,
  timeNs: bigint,
): Promise<boolean> {
  for await (const entries of readEntries(folder.calls, directory)) {
    for (const { name, reachable } of entries) {
      const wait = folder.calls.pace.breathe();
      if (wait !== undefined) await wait;
      if (!reachable || isReservedName(name)) continue;
      const stats = await folder.calls.find(directory.at(name));
      if (stats === undefined) continue;
      if (changedSince(stats, timeNs)) return true;
      if (!stats.isDirectory()) continue;
      const below = await folder.enter(directory, name);
      try {
        if (await hasChangedMembers(folder, below, timeNs)) return true;
      } finally {
        below.close();
      }
    }
  }
  return false;
}

async function keepMembers(
  folder: Folder,
  keeping: KeepChanged,
  from: Directory,
  into: () => Promise<Directory>,
): Promise<void> {
  for await (const entries of readEntries(folder.calls, from)) {
    for (const { name, type, reachable } of entries) {
      const wait = folder.calls.pace.breathe();
      if (wait !== undefined) await wait;
      if (!reachable || isReservedName(name)) continue;
      const stats = await folder.calls.find(from.at(name));
      if (stats === undefined) continue;
      if (changedSince(stats, keeping.timeNs)) {
        await keeping.note(memberPath(from.path, name), type === "directory" ? "collection" : "document");
        await replace(folder, { from, into: await into(), name });
      } else if (stats.isDirectory()) await keepBelow(folder, keeping, { from, into, name });
    }
  }
}

interface Below {
  readonly from: Directory;
  readonly into: () => Promise<Directory>;
  readonly name: string;
}

async function keepBelow(folder: Folder, keeping: KeepChanged, { from, into, name }: Below): Promise<void> {
  const below = await folder.enter(from, name);
  let made: Directory | undefined;
  try {
    await keepMembers(folder, keeping, below, async () => {
      made ??= await enterOrMake(folder, await into(), name);
      return made;
    });
  } finally {
    made?.close();
    below.close();
  }
}

async function enterOrMake(folder: Folder, into: Directory, name: string): Promise<Directory> {
  const there = await folder.calls.find(into.at(name));
  if (there !== undefined && !there.isDirectory()) await folder.calls.unlink(into.at(name));
  if (there?.isDirectory() !== true) {
    await folder.calls.mkdir(into.at(name));
    await folder.calls.syncNames(into.self);
  }
  return folder.enter(into, name);
}

async function replace(
  folder: Folder,
  { from, into, name }: { readonly from: Directory; readonly into: Directory; readonly name: string },
): Promise<void> {
  const there = await folder.calls.find(into.at(name));
  if (there !== undefined) {
    const remove = there.isDirectory() ? removeDirectory : removeFile;
    await remove(folder, into, name, silently);
  }
  await folder.calls.rename(from.at(name), into.at(name));
  await folder.calls.syncNames(into.self);
}
