import type { BigIntStats } from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav/path";
import { type Resource, TreeError } from "@meanwhile/server/store";
import { type Entry, readEntries } from "./entries.ts";
import { isMissing, isNotEmpty, treeError } from "./errno.ts";
import type { Directory, Folder } from "./folder.ts";
import { isReservedName } from "./names.ts";

/** Who is told about a removal. */
export interface RemovalReport {
  readonly signal: AbortSignal | undefined;
  /** Whether the member at this path is to stay, with all below it. */
  stays(path: ResourcePath): boolean;
  done(path: ResourcePath, kind: Resource["kind"]): void;
  failed(path: ResourcePath, kind: Resource["kind"], error: TreeError): void;
  /** Whether what is no resource, and has no reserved name, is to stay. Default: false. */
  readonly hiddenStays?: boolean;
  /** Whether a link is to stay. Default: no. */
  linkStays?(path: ResourcePath): Promise<boolean>;
  /** Why the member is to be left alone, as it now is; asked where this is given. Others may have changed it. */
  refusal?(path: ResourcePath, stats: BigIntStats): TreeError | undefined | Promise<TreeError | undefined>;
  /** A directory that stays because something below it does. */
  kept?(path: ResourcePath): void;
}

/** For what no resource is: nobody is told, nothing stays. */
export const silently: RemovalReport = {
  signal: undefined,
  stays: () => false,
  done: () => {},
  failed: () => {},
};

/**
 * Removes a directory, its members first. Links are removed, and never followed; so is everything that is no
 * resource. Whatever stays keeps the directories above it.
 *
 * @param known the name by which it is known, where it has a reserved one
 * @returns whether the directory is gone
 * @throws {TreeError} "stopped"
 */
export async function removeDirectory(
  folder: Folder,
  parent: Directory,
  name: string,
  report: RemovalReport,
  known: string = name,
): Promise<boolean> {
  const path = memberPath(parent.path, known);
  try {
    const staying = await emptyAndRemove(folder, parent, { name, known }, report);
    if (staying) report.kept?.(path);
    else report.done(path, "collection");
    return !staying;
  } catch (error) {
    const failure = treeError(error);
    if (failure.code === "stopped") throw failure;
    report.failed(path, "collection", failure);
    return false;
  }
}

/**
 * Removes a file, or a link to one.
 * @returns whether it is gone
 */
export async function removeFile(
  folder: Folder,
  parent: Directory,
  name: string,
  report: RemovalReport,
): Promise<boolean> {
  const path = memberPath(parent.path, name);
  try {
    const gone = folder.calls.unlink(parent.at(name));
    if (gone instanceof Promise) await gone;
  } catch (error) {
    if (!isMissing(error)) {
      report.failed(path, "document", treeError(error));
      return false;
    }
  }
  report.done(path, "document");
  return true;
}

/** Removing names while a directory is read can make some be passed over, so it is read again; not for ever. */
const mostRounds = 16;

/** Names that stay, with the reason where nobody was told of it. */
type Staying = Map<string, TreeError | undefined>;

/**
 * @returns whether the directory stays because of members that the report knows about
 * @throws why it stays otherwise
 */
async function emptyAndRemove(
  folder: Folder,
  parent: Directory,
  { name, known }: { readonly name: string; readonly known: string },
  report: RemovalReport,
): Promise<boolean> {
  const staying: Staying = new Map();
  for (let round = 1; ; round += 1) {
    let removed = 0;
    const directory = await folder.enter(parent, name, known);
    try {
      removed = await emptyOnce(folder, directory, staying, report);
      // It stays, and what left it must not come back.
      if (removed > 0 && staying.size > 0) await folder.calls.syncNames(directory.self);
    } finally {
      directory.close();
    }
    const again = removed > 0 && round < mostRounds;
    if (staying.size === 0) {
      try {
        await folder.calls.rmdir(parent.at(name));
        return false;
      } catch (error) {
        if (!again || !isNotEmpty(error)) throw error;
      }
    } else if (!again) {
      for (const failure of staying.values()) if (failure !== undefined) throw failure;
      return true;
    }
  }
}

/** @returns how many members were removed */
async function emptyOnce(
  folder: Folder,
  directory: Directory,
  staying: Staying,
  report: RemovalReport,
): Promise<number> {
  let removed = 0;
  const unreachable: Uint8Array[] = [];
  for await (const entries of readEntries(folder.calls, directory)) {
    for (const entry of entries) {
      const wait = folder.calls.pace.breathe();
      if (wait !== undefined) await wait;
      if (report.signal?.aborted === true) throw new TreeError("stopped");
      if (entry.bytes !== undefined && unreachable.length < mostUnreachable) unreachable.push(entry.bytes);
      if (!entry.reachable || staying.has(entry.name)) continue;
      if (await removeEntry(folder, directory, entry, { report, staying })) removed += 1;
    }
  }
  if (unreachable.length > 0 && report.hiddenStays === true) staying.set("", undefined);
  else removed += await removeUnreachable(folder, directory, unreachable);
  return removed;
}

/** @returns whether it is gone; else it is among those that stay */
async function removeEntry(
  folder: Folder,
  directory: Directory,
  entry: Entry,
  { report, staying }: { readonly report: RemovalReport; readonly staying: Staying },
): Promise<boolean> {
  const { name, type } = entry;
  const path = memberPath(directory.path, name);
  if (path === folder.state) {
    staying.set(name, new TreeError("denied", "the state directory is in this collection"));
    return false;
  }
  const reserved = isReservedName(name);
  const hidden = !reserved && type === "other" && report.hiddenStays === true;
  if (hidden || report.stays(path) || (type === "link" && (await report.linkStays?.(path)) === true)) {
    staying.set(name, undefined);
    return false;
  }
  if (report.refusal !== undefined && !reserved) {
    const stats = await folder.calls.find(directory.at(name));
    const refusal = stats && (await report.refusal(path, stats));
    if (refusal !== undefined) {
      if (type !== "other") report.failed(path, type === "directory" ? "collection" : "document", refusal);
      staying.set(name, undefined);
      return false;
    }
  }
  if (type === "directory" || (!reserved && type !== "other")) {
    const remove = type === "directory" ? removeDirectory : removeFile;
    const gone = await remove(folder, directory, name, reserved ? silently : report);
    if (!gone)
      staying.set(name, reserved ? new TreeError("busy", "a temporary collection stays") : undefined);
    return gone;
  }
  // What is no resource has no failure of its own: where it stays, its collection fails.
  try {
    await folder.calls.unlink(directory.at(name));
    return true;
  } catch (error) {
    staying.set(name, treeError(error));
    return false;
  }
}

/** The names of so many are remembered; the rest is removed in the next rounds. */
const mostUnreachable = 10_000;

/** Removes members whose names are not valid UTF-8. */
async function removeUnreachable(
  folder: Folder,
  directory: Directory,
  names: readonly Uint8Array[],
): Promise<number> {
  for (const name of names)
    await folder.calls.removeAll(Buffer.concat([Buffer.from(directory.at("")), name]));
  return names.length;
}
