import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { isTaken, treeError } from "../calls/errno.ts";
import { InFlight, type Room } from "../calls/in-flight.ts";
import type { CopyJob, LargeCopy, Signature } from "../documents/copy-content.ts";
import { copyFileContent, copyLarge } from "../documents/copy-file.ts";
import { readEntries } from "../paths/entries.ts";
import type { Directory, Folder, Seen } from "../paths/folder.ts";
import { mayBeResource } from "./list-members.ts";
import { inSlices } from "./many-members.ts";

export interface CopyContext {
  readonly folder: Folder;
  readonly work: TreeWork;
  readonly job: CopyJob;
  /** Where the copy of a member of the source will be. */
  destinationOf(path: ResourcePath): ResourcePath;
  /** Members that are left alone, with all below them. */
  readonly left: ReadonlySet<ResourcePath>;
  /** Members that were copied. */
  done(path: ResourcePath, kind: Seen["kind"]): void;
  /** Members that could not be. */
  failed(path: ResourcePath, kind: Seen["kind"], error: TreeError): void;
  /** A link was copied, as the file that it leads to. */
  linked?(path: ResourcePath): void;
  /** What a file was when its copying began, where it had changed since the time that the job names. */
  late?(path: ResourcePath, signature: Signature): void;
}

/** Copies a document to a new name. */
export async function copyDocument(
  context: CopyContext,
  source: Seen,
  to: Directory,
  toName: string,
): Promise<void> {
  const { folder, work, job } = context;
  const from = await folder.openContent(source);
  try {
    await copyFileContent(from, to.at(toName), { calls: folder.calls, work, job });
  } finally {
    folder.calls.release(from);
  }
}

/**
 * Copies the members of a collection, at every depth, into a directory that nobody else knows yet. A file has its name
 * before it is whole: only the record of the work says that all is.
 */
export function copyMembers(context: CopyContext, from: Directory, to: Directory): Promise<void> {
  return copyInto({ ...context, room: context.folder.calls.many.room() }, from, to);
}

interface Copying extends CopyContext {
  /** For directories that are copied side by side. */
  readonly room: Room;
}

async function copyInto(copying: Copying, from: Directory, to: Directory): Promise<void> {
  const { folder, work, left } = copying;
  const flight = new InFlight(copying.room);
  try {
    for await (const entries of readEntries(folder.calls, from, { aside: true })) {
      if (work.signal.aborted) throw new TreeError("stopped");
      const files: string[] = [];
      const others: (() => Promise<void>)[] = [];
      for (const { name, type, reachable } of entries) {
        const path = memberPath(from.path, name);
        const kind = type === "directory" ? "collection" : "document";
        if (left.has(path)) continue;
        if (!folder.canBeFound(copying.destinationOf(path)))
          copying.failed(path, kind, new TreeError("name-too-long", "the whole path is too long"));
        else if (!reachable)
          copying.failed(path, kind, new TreeError("name-refused", "the name on disk is not valid UTF-8"));
        else if (!mayBeResource(folder, from, { name, type, reachable })) continue;
        else if (type === "directory") others.push(() => copyDirectory(copying, { from, to, name, path }));
        else if (type === "link") others.push(() => copyLink(copying, { from, to, name, path }));
        else files.push(name);
      }
      await flight.start(() => copyFiles(copying, from, to, files));
      for (const copy of others) await flight.start(copy);
    }
  } finally {
    // Files are still being copied between the two directories that are held; they may be let go only then.
    await flight.landed();
  }
  flight.rethrow();
}

async function copyFiles(
  context: CopyContext,
  from: Directory,
  to: Directory,
  names: readonly string[],
): Promise<void> {
  const { folder, work, job } = context;
  const { calls } = folder;
  let large: LargeCopy | undefined;
  const slice = async (rest: readonly string[]): Promise<number> => {
    if (large !== undefined) {
      const copy = large;
      large = undefined;
      await copyLarge(copy, { calls, work, job }).finally(() => calls.release(copy.from));
      return 1;
    }
    const copied = await calls.many.copyFiles(from.self, to.self, rest, job);
    large = copied.large;
    const name = rest[large === undefined ? copied.done - 1 : copied.done];
    if (copied.late !== undefined && name !== undefined)
      context.late?.(memberPath(from.path, name), copied.late);
    return copied.done;
  };
  try {
    await inSlices(names, slice, {
      calls,
      signal: work.signal,
      done: (name) => context.done(memberPath(from.path, name), "document"),
      failed: (name, error) => tellFailed(context, memberPath(from.path, name), error),
    });
  } finally {
    for (const fd of large === undefined ? [] : [large.from, large.to]) calls.release(fd);
  }
}

function tellFailed(context: CopyContext, path: ResourcePath, error: unknown): void {
  if (endsAll(error)) throw error;
  context.failed(path, "document", treeError(error));
}

/** Whether a failure is that of the whole work, however deep it is met. */
function endsAll(error: unknown): boolean {
  return treeError(error).code === "stopped" || (error as { readonly fatal?: true }).fatal === true;
}

/** A link is copied as the file that it leads to. */
async function copyLink(context: CopyContext, { from, to, name, path }: MemberCopy): Promise<void> {
  const { folder } = context;
  try {
    const seen = await folder.lookIn(from, name);
    if (seen === undefined) return;
    try {
      await copyDocument(context, seen, to, name);
    } finally {
      seen.close();
    }
    context.linked?.(path);
    context.done(path, "document");
  } catch (error) {
    tellFailed(context, path, error);
  }
}

interface MemberCopy {
  readonly from: Directory;
  readonly to: Directory;
  readonly name: string;
  readonly path: ResourcePath;
}

async function copyDirectory(context: Copying, copy: MemberCopy): Promise<void> {
  const { folder } = context;
  const { from, to, name, path } = copy;
  let source: Directory | undefined;
  let target: Directory | undefined;
  try {
    source = await folder.enter(from, name);
    target = await makeDirectory(folder, { from, fromName: name, to, toName: name }, context.job.resumed);
    await copyInto(context, source, target);
    // Before its owner may lose the right to read it, without which it cannot be synced.
    await folder.calls.syncNames(target.self);
    await copyMode(folder, { from, fromName: name, to, toName: name });
    context.done(path, "collection");
  } catch (error) {
    if (endsAll(error)) throw error;
    if (target !== undefined) await removeEmpty(folder, to, name);
    context.failed(path, "collection", treeError(error));
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

/**
 * Makes a directory with the permissions of another (less those that are masked), which this process can fill.
 * @param resumed whether an earlier process may have made it; otherwise one that is there is that of another member, whose
 *   name the file system takes for the same
 */
export async function makeDirectory(folder: Folder, names: CopyNames, resumed: boolean): Promise<Directory> {
  const source = await folder.calls.lstat(names.from.at(names.fromName));
  const at = names.to.at(names.toName);
  try {
    await folder.calls.mkdir(at, Number(source.mode & 0o777n) | 0o700);
  } catch (error) {
    const there = resumed && isTaken(error) ? await folder.calls.lstat(at) : undefined;
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
