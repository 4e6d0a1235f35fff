import { memberPath, type ResourcePath } from "@meanwhile/dav";
import type { TreeError, TreeWork } from "@meanwhile/server/store";
import { isTaken, treeError } from "../calls/errno.ts";
import type { CopyJob, LargeCopy, Signature } from "../documents/copy-content.ts";
import { copyFileContent, copyLarge } from "../documents/copy-file.ts";
import {
  type Directory,
  type DirectoryPlace,
  type Folder,
  type Seen,
  walkedDirectory,
} from "../paths/folder.ts";
import type { CopyWalk } from "../walks/copy-walk.ts";
import type { Stop } from "../walks/walk.ts";
import { CopySyncs } from "./copy-syncs.ts";
import { failureOf, tellMembers } from "./walk-news.ts";

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

/** Copies a document to a new name. @param path its own, where it is a member of what is copied */
export async function copyDocument(
  context: CopyContext,
  source: Seen,
  to: DirectoryPlace,
  toName: string,
  path?: ResourcePath,
): Promise<void> {
  const { folder, work, job } = context;
  const from = await folder.openContent(source);
  try {
    await copyFileContent(from, to.at(toName), {
      calls: folder.calls,
      work,
      job,
      size: source.stats.size,
      ...(path === undefined ? {} : { source: path }),
    });
  } finally {
    folder.calls.release(from);
  }
}

/**
 * Copies the members of a collection, at every depth, into a directory that nobody else knows yet. A file has its name
 * before it is whole: only the record of the work says that all is. A worker goes through the tree by itself (`copyTree`);
 * what it stands at is dealt with here, and what it made is synced by others meanwhile.
 */
export async function copyMembers(context: CopyContext, from: Directory, to: Directory): Promise<void> {
  const { folder, work, job } = context;
  const { calls } = folder;
  const syncs = new CopySyncs(context, from, to);
  const walk: CopyWalk = {
    kind: "copy",
    from: from.self,
    to: to.self,
    path: from.path,
    pathBytes: folder.pathBytesBelow(context.destinationOf(from.path)),
    left: context.left,
    state: folder.state,
    mounts: new Set(folder.mountsWithin(from.path)),
    pinning: folder.pinning,
    job: { ...job, sync: job.sync === "none" ? "none" : "later" },
  };
  try {
    await calls.many.walk(to.self, walk, {
      signal: work.signal,
      news: async (news) => {
        const synced = syncs.add(news);
        for (const [path, signature] of news.late) context.late?.(path, signature);
        tellMembers(context, news);
        await synced;
      },
      stop: async (stop) => {
        if (stop.kind === "large") await copyLargeMember(context, stop.copy, stop.path);
        else if (stop.kind === "member") await copyMember(context, stop);
        else if (stop.kind === "sync") return failureOf(() => calls.syncNames(stop.directory));
        return undefined;
      },
    });
  } finally {
    await syncs.ended();
  }
}

async function copyLargeMember(context: CopyContext, copy: LargeCopy, path: ResourcePath): Promise<void> {
  const { folder, work, job } = context;
  const { calls } = folder;
  try {
    await copyLarge(copy, { calls, work, job, source: path }).finally(() => calls.release(copy.from));
    context.done(path, "document");
  } catch (error) {
    tellFailed(context, path, error);
  }
}

/** A link, or a directory at which something is mounted, and which is entered by the way of its own file system. */
async function copyMember(
  context: CopyContext,
  { type, at: { from, to = "", path, name } }: Extract<Stop, { readonly kind: "member" }>,
): Promise<void> {
  const { destinationOf } = context;
  const copy = {
    from: walkedDirectory(path, from),
    to: walkedDirectory(destinationOf(path), to),
    name,
    path: memberPath(path, name),
  };
  if (type === "link") await copyLink(context, copy);
  else await copyDirectory(context, copy);
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
      await copyDocument(context, seen, to, name, path);
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
  readonly from: DirectoryPlace;
  readonly to: DirectoryPlace;
  readonly name: string;
  readonly path: ResourcePath;
}

async function copyDirectory(context: CopyContext, copy: MemberCopy): Promise<void> {
  const { folder } = context;
  const { from, to, name, path } = copy;
  let source: Directory | undefined;
  let target: Directory | undefined;
  try {
    source = await folder.enter(from, name);
    target = await makeDirectory(folder, { from, fromName: name, to, toName: name }, context.job.resumed);
    await copyMembers(context, source, target);
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
  readonly from: DirectoryPlace;
  readonly fromName: string;
  readonly to: DirectoryPlace;
  readonly toName: string;
}

/**
 * Makes a directory with the permissions of another (less those that are masked), which this process can fill.
 * @param resumed whether an earlier process may have made it; otherwise one that is there is that of another member, whose
 *   name the file system takes for the same
 */
async function makeDirectory(folder: Folder, names: CopyNames, resumed: boolean): Promise<Directory> {
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
async function copyMode(folder: Folder, names: CopyNames): Promise<void> {
  const source = await folder.calls.lstat(names.from.at(names.fromName));
  if ((source.mode & 0o700n) === 0o700n) return;
  const target = await folder.calls.lstat(names.to.at(names.toName));
  const mode = target.mode & 0o7777n & ~(0o700n & ~source.mode);
  await folder.calls.chmod(names.to.at(names.toName), Number(mode));
}

async function removeEmpty(folder: Folder, parent: DirectoryPlace, name: string): Promise<void> {
  try {
    await folder.calls.rmdir(parent.at(name));
  } catch {
    // Some members were copied before the directory could no longer be read: they stay.
  }
}
