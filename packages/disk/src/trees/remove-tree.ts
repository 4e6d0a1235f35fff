import type { BigIntStats } from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { type Resource, TreeError } from "@meanwhile/server/store";
import { isMissing, isNotEmpty, treeError } from "../calls/errno.ts";
import { InFlight, type Room } from "../calls/in-flight.ts";
import { type Entry, readEntries } from "../paths/entries.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { isReservedName } from "../paths/names.ts";
import { inSlices } from "./many-members.ts";

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
export function removeDirectory(
  folder: Folder,
  parent: Directory,
  name: string,
  report: RemovalReport,
  known: string = name,
): Promise<boolean> {
  return remove({ folder, report, room: folder.calls.many.room() }, parent, { name, known });
}

/** A removal that is under way. */
interface Removing {
  readonly folder: Folder;
  readonly report: RemovalReport;
  /** For members that are removed side by side. */
  readonly room: Room;
}

interface KnownName {
  readonly name: string;
  readonly known: string;
}

async function remove(removing: Removing, parent: Directory, name: KnownName): Promise<boolean> {
  const { report } = removing;
  const path = memberPath(parent.path, name.known);
  try {
    const staying = await emptyAndRemove(removing, parent, name);
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
  removing: Removing,
  parent: Directory,
  { name, known }: KnownName,
): Promise<boolean> {
  const { folder } = removing;
  const staying: Staying = new Map();
  for (let round = 1; ; round += 1) {
    let removed = 0;
    const directory = await folder.enter(parent, name, known);
    try {
      removed = await emptyOnce(removing, directory, staying);
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
async function emptyOnce(removing: Removing, directory: Directory, staying: Staying): Promise<number> {
  const { folder, report, room } = removing;
  const flight = new InFlight(room);
  let removed = 0;
  const unreachable: Uint8Array[] = [];
  try {
    for await (const entries of readEntries(folder.calls, directory, { aside: true })) {
      const going: Entry[] = [];
      for (const entry of entries) {
        if (report.signal?.aborted === true) throw new TreeError("stopped");
        if (entry.bytes !== undefined && unreachable.length < mostUnreachable) unreachable.push(entry.bytes);
        if (!entry.reachable || staying.has(entry.name)) continue;
        const goes = mayGo(removing, directory, entry, staying);
        if (goes === true || (goes !== false && (await goes))) going.push(entry);
      }
      await flight.start(async () => {
        removed += await removeFiles(removing, directory, going, staying);
      });
      for (const { name } of going.filter(({ type }) => type === "directory")) {
        await flight.start(async () => {
          const reserved = isReservedName(name);
          const below = reserved ? { ...removing, report: silently } : removing;
          if (await remove(below, directory, { name, known: name })) removed += 1;
          else
            staying.set(name, reserved ? new TreeError("busy", "a temporary collection stays") : undefined);
        });
      }
    }
  } finally {
    // The directory is held until the last of them is done.
    await flight.landed();
  }
  flight.rethrow();
  if (unreachable.length > 0 && report.hiddenStays === true) staying.set("", undefined);
  else removed += await removeUnreachable(folder, directory, unreachable);
  return removed;
}

/** @returns whether it may be removed; else it is among those that stay */
function mayGo(
  { folder, report }: Removing,
  directory: Directory,
  { name, type }: Entry,
  staying: Staying,
): boolean | Promise<boolean> {
  const path = memberPath(directory.path, name);
  if (path === folder.state) {
    staying.set(name, new TreeError("denied", "the state directory is in this collection"));
    return false;
  }
  const reserved = isReservedName(name);
  const hidden = !reserved && type === "other" && report.hiddenStays === true;
  if (hidden || report.stays(path)) {
    staying.set(name, undefined);
    return false;
  }
  const asked =
    (type === "link" && report.linkStays !== undefined) || (report.refusal !== undefined && !reserved);
  return asked ? isLetGo(folder, report, { directory, name, type, path, reserved }, staying) : true;
}

interface Asked {
  readonly directory: Directory;
  readonly name: string;
  readonly type: Entry["type"];
  readonly path: ResourcePath;
  readonly reserved: boolean;
}

async function isLetGo(
  folder: Folder,
  report: RemovalReport,
  { directory, name, type, path, reserved }: Asked,
  staying: Staying,
): Promise<boolean> {
  if (type === "link" && (await report.linkStays?.(path)) === true) {
    staying.set(name, undefined);
    return false;
  }
  if (report.refusal === undefined || reserved) return true;
  const stats = await folder.calls.find(directory.at(name));
  const refusal = stats && (await report.refusal(path, stats));
  if (refusal === undefined) return true;
  if (type !== "other") report.failed(path, type === "directory" ? "collection" : "document", refusal);
  staying.set(name, undefined);
  return false;
}

/** @returns how many are gone; the others are among those that stay */
async function removeFiles(
  { folder, report }: Removing,
  directory: Directory,
  entries: readonly Entry[],
  staying: Staying,
): Promise<number> {
  const files = entries.filter(({ type }) => type !== "directory");
  // What is no resource has no failure of its own: where it stays, its collection fails.
  const untold = new Set(
    files.flatMap(({ name, type }) => (type === "other" || isReservedName(name) ? [name] : [])),
  );
  const names = files.map(({ name }) => name);
  let removed = 0;
  await inSlices(names, (rest) => folder.calls.many.unlinkFiles(directory.self, rest), {
    calls: folder.calls,
    signal: report.signal,
    done: (name) => {
      removed += 1;
      if (!untold.has(name)) report.done(memberPath(directory.path, name), "document");
    },
    failed: (name, error) => {
      staying.set(name, untold.has(name) ? treeError(error) : undefined);
      if (!untold.has(name)) report.failed(memberPath(directory.path, name), "document", treeError(error));
    },
  });
  return removed;
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
