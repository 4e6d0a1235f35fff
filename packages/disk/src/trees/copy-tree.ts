import { memberPath, type ResourcePath } from "@meanwhile/dav";
import type { TreeError, TreeWork } from "@meanwhile/server/store";
import { treeError } from "../calls/errno.ts";
import { type CopyJob, isFatal, type LargeCopy, type Signature } from "../documents/copy-content.ts";
import { copyFileContent, copyLarge } from "../documents/copy-file.ts";
import { type DirectoryPlace, type Folder, type Seen, walkedDirectory } from "../paths/folder.ts";
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
 *
 * @param only one of the members alone; see {@link CopyWalk.only}
 */
export async function copyMembers(
  context: CopyContext,
  from: DirectoryPlace,
  to: DirectoryPlace,
  only?: CopyWalk["only"],
): Promise<void> {
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
    ...(only === undefined ? {} : { only }),
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
    tellFailed(context, path, "document", error);
  }
}

/** A link, or a directory at which something is mounted, and which is entered by the way of its own file system. */
async function copyMember(
  context: CopyContext,
  { type, at: { from, to = "", path, name } }: Extract<Stop, { readonly kind: "member" }>,
): Promise<void> {
  const source = walkedDirectory(path, from);
  const target = walkedDirectory(context.destinationOf(path), to);
  if (type === "link") await copyLink(context, source, target, name);
  else await copyMounted(context, source, target, name);
}

/** @throws what ends the whole work */
function tellFailed(context: CopyContext, path: ResourcePath, kind: Seen["kind"], error: unknown): void {
  if (isFatal(error) || treeError(error).code === "stopped") throw error;
  context.failed(path, kind, treeError(error));
}

/** A link is copied as the file that it leads to. */
async function copyLink(
  context: CopyContext,
  from: DirectoryPlace,
  to: DirectoryPlace,
  name: string,
): Promise<void> {
  const { folder } = context;
  const path = memberPath(from.path, name);
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
    tellFailed(context, path, "document", error);
  }
}

async function copyMounted(
  context: CopyContext,
  from: DirectoryPlace,
  to: DirectoryPlace,
  name: string,
): Promise<void> {
  try {
    const source = await context.folder.enter(from, name);
    try {
      await copyMembers(context, from, to, { name, entered: source.self });
    } finally {
      source.close();
    }
  } catch (error) {
    tellFailed(context, memberPath(from.path, name), "collection", error);
  }
}
