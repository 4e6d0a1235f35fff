import { isWithin, type ResourcePath } from "@meanwhile/dav/path";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { countMembers } from "./count-members.ts";
import { holdSource } from "./destination.ts";
import { fileSystemTime, removeClock } from "./file-system-time.ts";
import type { Directory } from "./folder.ts";
import type { FolderTreeContext } from "./folder-tree.ts";
import { changedSince, identityOf, rewrittenSince } from "./identity.ts";
import { type RemovalReport, removeDirectory, removeFile } from "./remove-tree.ts";
import { standingAt } from "./standing.ts";
import { newerMembers } from "./unrecorded.ts";
import type { WorkLog } from "./works.ts";

interface Removal {
  readonly path: ResourcePath;
  readonly work: TreeWork;
  readonly log: WorkLog;
  /** The collection that has it as a member. */
  readonly directory: Directory;
  readonly name: string;
}

/**
 * Removes a resource with its dead properties, members first. A collection that goes as a whole is put out of sight
 * first, under a reserved name: so it is gone at once, and what others make at its path meanwhile is not touched.
 * What cannot be removed is put back.
 *
 *     at its name ──▶ out of sight ──▶ gone
 *          ▲               │ members that cannot be removed, or it was stopped
 *          └───────────────┘
 */
export async function removeResource(
  context: FolderTreeContext,
  path: ResourcePath,
  work: TreeWork,
): Promise<void> {
  const { folder } = context;
  const log = context.works.resume(work) ?? (await beginRemoval(context, path, work));
  const { directory, name } = await folder.parent(path).catch(async (error: unknown) => {
    await log.end();
    throw error;
  });
  try {
    const removal = { path, work, log, directory, name };
    if (work.resumed) await removeClock(folder, directory, log.facts.names.clock);
    work.found(1);
    if (log.facts.kind === "document") await removeDocument(context, removal);
    else await removeCollection(context, removal);
  } finally {
    directory.close();
  }
}

async function beginRemoval(
  { folder, works }: FolderTreeContext,
  path: ResourcePath,
  work: TreeWork,
): Promise<WorkLog> {
  if (work.signal.aborted) throw new TreeError("stopped");
  const { directory, name, kind } = await holdSource(folder, path);
  try {
    const { aside, clock } = works.namesFor(work.id);
    const removed = await standingAt(folder.calls, directory.at(name), kind, work);
    return await works.begin(work, {
      version: 1,
      method: "remove",
      source: path,
      ...removed,
      names: { aside, clock },
      ...newerMembers(work),
    });
  } finally {
    directory.close();
  }
}

async function removeDocument(context: FolderTreeContext, removal: Removal): Promise<void> {
  const { folder, deadProperties } = context;
  const { path, work, log, directory, name } = removal;
  work.counted();
  try {
    const there = work.resumed ? await folder.calls.find(directory.at(name)) : undefined;
    if (there !== undefined) {
      const same = identityOf(there) === log.facts.identity && `${there.ctimeNs}` === log.facts.ctimeNs;
      if (!same) throw new TreeError("changed", "it was changed or replaced since the work began");
    }
    if (there !== undefined || !work.resumed) await folder.calls.unlink(directory.at(name));
  } catch (error) {
    await log.end();
    throw error;
  }
  try {
    await folder.calls.syncNames(directory.self);
  } finally {
    await deadProperties.drop(path);
  }
  await log.end();
  work.done(path, "document");
}

async function removeCollection(context: FolderTreeContext, removal: Removal): Promise<void> {
  const { folder } = context;
  const { path, work, log, directory, name } = removal;
  const { aside, clock } = log.facts.names;
  const there = await folder.calls.find(directory.at(name));
  const own = there !== undefined && identityOf(there) === log.facts.identity;
  if (work.resumed && (await folder.calls.find(directory.at(aside))) !== undefined) {
    await removeHidden(context, removal);
  } else if (work.resumed && !own) await concludeWithout(context, removal, there !== undefined);
  else if (!work.resumed && (await hide(context, removal))) await removeHidden(context, removal);
  else {
    // What is out of sight is changed by nobody; here others may, and this tells what was there before.
    if (log.facts.timeNs === undefined) {
      await log.add({ timeNs: `${await fileSystemTime(folder, directory, clock)}` });
    }
    await count(context, removal, name);
    await removeOrTell(context, path, "collection", reportOf(removal, changedSince));
  }
  if (log.facts.stuck !== true) await log.end();
}

/** There is nothing left of it: it was removed, or others removed or replaced it. */
async function concludeWithout(
  { deadProperties }: FolderTreeContext,
  { path, work, log }: Removal,
  replaced: boolean,
): Promise<void> {
  work.counted();
  if (replaced && log.facts.hidden !== true) {
    work.failed(path, "collection", new TreeError("changed", "it was replaced since the work began"));
    return;
  }
  await deadProperties.drop(path);
  work.done(path, "collection");
}

/** @returns false where it has to be removed in place */
async function hide({ folder }: FolderTreeContext, removal: Removal): Promise<boolean> {
  const { path, work, log, directory, name } = removal;
  if (work.skipped.size > 0 || (folder.state !== undefined && isWithin(folder.state, path))) return false;
  try {
    await folder.calls.rename(directory.at(name), directory.at(log.facts.names.aside));
  } catch {
    // A mount point, or not ours to rename: members may still be.
    return false;
  }
  // Before any member goes: after a loss of power the whole is there, or nothing is.
  await folder.calls.syncNames(directory.self);
  await log.addSynced({ hidden: true });
  return true;
}

async function removeHidden(context: FolderTreeContext, removal: Removal): Promise<void> {
  const { folder, deadProperties } = context;
  const { path, directory, name, log } = removal;
  const { aside } = log.facts.names;
  let gone = false;
  try {
    await count(context, removal, aside);
    gone = await removeDirectory(folder, directory, aside, reportOf(removal, rewrittenSince), name);
  } finally {
    if (gone) await deadProperties.drop(path);
    else await putBack(context, removal);
  }
  // Else it could come back when nothing knows of it any more.
  if (gone) await folder.calls.syncNames(directory.self);
}

async function putBack(context: FolderTreeContext, removal: Removal): Promise<void> {
  const { folder } = context;
  const { directory, name, log, path } = removal;
  const { aside } = log.facts.names;
  if ((await folder.calls.find(directory.at(name))) === undefined) {
    await folder.calls.rename(directory.at(aside), directory.at(name));
    await folder.calls.syncNames(directory.self);
    await retainProperties(context, path);
    return;
  }
  // Others took the name: it stays out of sight, for the operator to find.
  await log.add({ stuck: true });
  context.left(directory.path);
  await context.deadProperties.drop(path);
}

async function count({ folder }: FolderTreeContext, removal: Removal, at: string): Promise<void> {
  const { work, directory, name } = removal;
  const collection = await folder.enter(directory, at, name);
  try {
    await countMembers(folder, collection, work, "removal");
  } finally {
    collection.close();
  }
  work.counted();
}

/** @param isChanged tells, in a work that is resumed, what others changed since it began */
function reportOf({ work, log }: Removal, isChanged: typeof changedSince): RemovalReport {
  const { timeNs } = log.facts;
  const since = timeNs === undefined ? undefined : BigInt(timeNs);
  return {
    signal: work.signal,
    stays: (member) => work.skipped.has(member),
    done: (member, kind) => work.done(member, kind),
    failed: (member, kind, error) => work.failed(member, kind, error),
    ...(work.resumed && since !== undefined
      ? {
          refusal: (_path, stats) =>
            isChanged(stats, since)
              ? new TreeError("changed", "others changed it since the work began")
              : undefined,
        }
      : {}),
  };
}

/** Removes what can be removed and tells the rest; dead properties of what is gone go with it. */
export async function removeOrTell(
  context: FolderTreeContext,
  path: ResourcePath,
  kind: "collection" | "document",
  report: RemovalReport,
): Promise<void> {
  const { folder, deadProperties } = context;
  const { directory, name } = await holdSource(folder, path);
  let gone = false;
  try {
    const stats = report.refusal && (await folder.calls.find(directory.at(name)));
    const refusal = stats && report.refusal?.(path, stats);
    if (refusal !== undefined) report.failed(path, kind, refusal);
    else {
      const remove = kind === "collection" ? removeDirectory : removeFile;
      gone = await remove(folder, directory, name, report);
      if (gone) await folder.calls.syncNames(directory.self);
    }
  } finally {
    directory.close();
    if (gone) await deadProperties.drop(path);
    else await retainProperties(context, path);
  }
}

async function retainProperties(
  { folder, deadProperties }: FolderTreeContext,
  path: ResourcePath,
): Promise<void> {
  await deadProperties.retain(path, async (member) => {
    const seen = await folder.look(member);
    seen?.close();
    return seen !== undefined;
  });
}
