import { type BigIntStats, constants } from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav/path";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { copyFileContent } from "./copy-file.ts";
import { type Entry, readEntries } from "./entries.ts";
import { isMissing, isTaken, treeError } from "./errno.ts";
import type { Directory, Folder, Seen } from "./folder.ts";
import { InFlight } from "./in-flight.ts";
import { mayBeResource } from "./list-members.ts";
import { isReservedName, partName } from "./names.ts";

export interface CopyContext {
  readonly folder: Folder;
  readonly work: TreeWork;
  readonly clock: () => number;
  /** Where the copy of a member of the source will be. */
  destinationOf(path: ResourcePath): ResourcePath;
  /** Members that are left alone, with all below them. */
  readonly left: ReadonlySet<ResourcePath>;
  /** Numbers the parts; see {@link copyMembers}. */
  readonly parts: { last: number };
  /** Members that were copied. */
  done(path: ResourcePath, kind: Seen["kind"]): void;
  /** Members that could not be. */
  failed(path: ResourcePath, kind: Seen["kind"], error: TreeError): void;
  /** A link was copied, as the file that it leads to. */
  linked?(path: ResourcePath): void;
  /** What a file was when its copying began. */
  copied?(path: ResourcePath, stats: BigIntStats): void;
}

/** Files that are copied at the same time. */
const filesAtOnce = 8;

/** Copies a document to a new name. */
export async function copyDocument(
  context: CopyContext,
  source: Seen,
  to: Directory,
  toName: string,
): Promise<void> {
  const { folder, work, clock } = context;
  const from = await folder.openContent(source);
  try {
    await copyFileContent({ from, to: to.at(toName), calls: folder.calls, work, clock });
  } finally {
    folder.calls.release(from);
  }
}

/**
 * Copies the members of a collection, at every depth, into a directory that nobody else knows yet. A file is copied
 * under the name of a part, and gets its own when it is whole: so what has its name there already was copied by an
 * earlier process, and is not copied again.
 */
export async function copyMembers(context: CopyContext, from: Directory, to: Directory): Promise<void> {
  const flight = new InFlight({ free: filesAtOnce });
  try {
    await copyInto(context, flight, from, to);
  } finally {
    await flight.landed();
  }
  flight.rethrow();
}

async function copyInto(
  context: CopyContext,
  flight: InFlight,
  from: Directory,
  to: Directory,
): Promise<void> {
  const { folder, work, left } = context;
  try {
    if (work.resumed) await removeParts(folder, to);
    for await (const entries of readEntries(folder.calls, from)) {
      for (const entry of entries) {
        const wait = folder.calls.pace.breathe();
        if (wait !== undefined) await wait;
        if (work.signal.aborted) throw new TreeError("stopped");
        const path = memberPath(from.path, entry.name);
        if (left.has(path)) continue;
        if (!folder.canBeFound(context.destinationOf(path))) {
          const kind = entry.type === "directory" ? "collection" : "document";
          context.failed(path, kind, new TreeError("name-too-long", "the whole path is too long"));
          continue;
        }
        if (!entry.reachable) {
          const kind = entry.type === "directory" ? "collection" : "document";
          context.failed(path, kind, new TreeError("name-refused", "the name on disk is not valid UTF-8"));
        } else if (!mayBeResource(folder, from, entry)) continue;
        else if (entry.type === "directory")
          await copyDirectory(context, flight, { from, to, name: entry.name, path });
        else await flight.start(() => copyFileEntry(context, { from, to, entry, path }));
        flight.rethrow();
      }
    }
  } finally {
    // Files are still being copied between the two directories that are held; they may be let go only then.
    await flight.landed();
  }
}

interface DirectoryCopy {
  readonly from: Directory;
  readonly to: Directory;
  readonly name: string;
  readonly path: ResourcePath;
}

async function copyDirectory(context: CopyContext, flight: InFlight, copy: DirectoryCopy): Promise<void> {
  const { folder } = context;
  const { from, to, name, path } = copy;
  let source: Directory | undefined;
  let target: Directory | undefined;
  try {
    source = await folder.enter(from, name);
    target = await makeDirectory(folder, { from, fromName: name, to, toName: name });
    await copyInto(context, flight, source, target);
    // Before its owner may lose the right to read it, without which it cannot be synced.
    await folder.calls.syncNames(target.self);
    await copyMode(folder, { from, fromName: name, to, toName: name });
    context.done(path, "collection");
  } catch (error) {
    const failure = treeError(error);
    if (failure.code === "stopped") throw failure;
    if (target !== undefined) await removeEmpty(folder, to, name);
    context.failed(path, "collection", failure);
  } finally {
    source?.close();
    target?.close();
  }
}

/** A member, and the name that its copy gets. */
export interface CopyNames {
  readonly from: Directory;
  readonly fromName: string;
  readonly to: Directory;
  readonly toName: string;
}

/** Makes a directory with the permissions of another (less those that are masked), which this process can fill. */
export async function makeDirectory(folder: Folder, names: CopyNames): Promise<Directory> {
  const source = await folder.calls.lstat(names.from.at(names.fromName));
  const at = names.to.at(names.toName);
  try {
    await folder.calls.mkdir(at, Number(source.mode & 0o777n) | 0o700);
  } catch (error) {
    const there = isTaken(error) ? await folder.calls.lstat(at) : undefined;
    if (there?.isDirectory() !== true) throw error;
    // An earlier process made it, and may have taken from it already what the source does not give either.
    if ((there.mode & 0o700n) !== 0o700n) await folder.calls.chmod(at, Number(there.mode & 0o7777n) | 0o700);
  }
  return folder.enter(names.to, names.toName);
}

/** Once a directory is filled: takes from its owner what the source does not give either. */
export async function copyMode(folder: Folder, names: CopyNames): Promise<void> {
  const source = await folder.calls.lstat(names.from.at(names.fromName));
  if ((source.mode & 0o700n) === 0o700n) return;
  const target = await folder.calls.lstat(names.to.at(names.toName));
  const mode = target.mode & 0o7777n & ~(0o700n & ~source.mode);
  await folder.calls.chmod(names.to.at(names.toName), Number(mode));
}

async function removeEmpty(folder: Folder, parent: Directory, name: string): Promise<void> {
  try {
    await folder.calls.rmdir(parent.at(name));
  } catch {
    // Some members were copied before the directory could no longer be read: they stay.
  }
}

interface FileCopy {
  readonly from: Directory;
  readonly to: Directory;
  readonly entry: Entry;
  readonly path: ResourcePath;
}

async function copyFileEntry(context: CopyContext, { from, to, entry, path }: FileCopy): Promise<void> {
  const { folder, work, parts } = context;
  let part: string | undefined;
  try {
    if (work.resumed && (await folder.calls.find(to.at(entry.name))) !== undefined) {
      if (entry.type === "link") context.linked?.(path);
      context.done(path, "document");
      return;
    }
    parts.last += 1;
    const name = partName(parts.last);
    if (entry.type === "link") {
      const seen = await folder.lookIn(from, entry.name);
      if (seen === undefined) return;
      part = name;
      try {
        await copyDocument(context, seen, to, name);
      } finally {
        seen.close();
      }
      context.linked?.(path);
    } else {
      const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
      const source = await folder.calls.open(from.at(entry.name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
      try {
        part = name;
        const { clock } = context;
        const copied = context.copied && ((stats: BigIntStats) => context.copied?.(path, stats));
        await copyFileContent({ from: source, to: to.at(name), calls: folder.calls, work, clock, copied });
      } finally {
        folder.calls.release(source);
      }
    }
    const renamed = folder.calls.rename(to.at(name), to.at(entry.name));
    if (renamed instanceof Promise) await renamed;
    context.done(path, "document");
  } catch (error) {
    if (part !== undefined) await removePart(folder, to, part);
    const failure = treeError(error);
    if (failure.code === "stopped") throw failure;
    context.failed(path, "document", failure);
  }
}

/** What an earlier process had not copied wholly. */
async function removeParts(folder: Folder, to: Directory): Promise<void> {
  for await (const entries of readEntries(folder.calls, to)) {
    for (const { name } of entries) if (isReservedName(name)) await removePart(folder, to, name);
  }
}

async function removePart(folder: Folder, to: Directory, name: string): Promise<void> {
  try {
    await folder.calls.unlink(to.at(name));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
