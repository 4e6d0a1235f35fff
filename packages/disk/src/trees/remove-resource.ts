import { isWithin, memberPath, type ResourcePath } from "@meanwhile/dav";
import { type Removable, TreeError, type TreeWork } from "@meanwhile/server/store";
import { nextFileSystemTime, removeClock } from "../paths/file-system-time.ts";
import type { Directory } from "../paths/folder.ts";
import { changedSince, isIdentity, rewrittenSince } from "../paths/identity.ts";
import { bringBack } from "../placing/place.ts";
import { isAsSeen, isSameAsSeen, parseSeen } from "../placing/see.ts";
import { standingAt } from "../placing/standing.ts";
import { newerMembers } from "../works/unrecorded.ts";
import type { WorkBeginning } from "../works/work-facts.ts";
import type { WorkLog } from "../works/works.ts";
import { countMembers } from "./count-members.ts";
import { holdSource } from "./destination.ts";
import type { FolderTreeContext } from "./folder-tree-context.ts";
import { type RemovalReport, removeDirectory, removeFile } from "./remove-tree.ts";

interface Removal {
  readonly path: ResourcePath;
  readonly work: TreeWork;
  readonly log: WorkLog;
  /** Its content, too, must be as it was seen. */
  readonly unchanged: boolean;
  /** Members that something is mounted at: they stay, with all that is in them. */
  readonly mounts: ReadonlySet<ResourcePath>;
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
  removable: Removable = {},
): Promise<void> {
  const { folder } = context;
  const log = context.works.resume(work) ?? (await beginRemoval(context, path, work, removable));
  const { directory, name } = await folder.parent(path).catch(async (error: unknown) => {
    await log.end();
    throw error;
  });
  const mounts = new Set(folder.mountsWithin(path));
  try {
    const removal = { path, work, log, unchanged: removable.unchanged === true, mounts, directory, name };
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
  { seen, unchanged = false }: Removable,
): Promise<WorkLog> {
  if (work.signal.aborted) throw new TreeError("stopped");
  const { directory, kind, stats } = await holdSource(folder, path);
  try {
    const { aside, clock } = works.namesFor(work.id);
    if (folder.mountsWithin(path).includes(path)) throw new TreeError("denied", "something is mounted here");
    const removed = await standingAt(folder.calls, directory, { kind, stats }, work);
    const isJudged = unchanged ? isAsSeen : isSameAsSeen;
    if (seen !== undefined && !isJudged(stats, parseSeen(seen))) throw replaced();
    const beginning: WorkBeginning = {
      version: 1,
      method: "remove",
      source: path,
      names: { aside, clock },
      ...removed,
      ...newerMembers(work),
    };
    const light = work.light === true && kind === "document";
    return await works.begin(work, beginning, { light });
  } finally {
    directory.close();
  }
}

async function removeDocument(context: FolderTreeContext, removal: Removal): Promise<void> {
  const { folder, deadProperties } = context;
  const { path, work, log, unchanged, directory, name } = removal;
  work.counted();
  try {
    const there = await folder.calls.find(directory.at(name));
    const isJudged = work.resumed || unchanged ? isAsSeen : isSameAsSeen;
    if (there !== undefined && !isJudged(there, log.facts)) throw replaced();
    if (there !== undefined) await folder.calls.unlink(directory.at(name), there.size);
    else if (!work.resumed) throw new TreeError("not-found", "another program has removed it");
  } catch (error) {
    await log.end();
    throw error;
  }
  try {
    await folder.calls.syncNames(directory.self);
  } finally {
    await deadProperties.dropGone(path);
  }
  await log.end();
  work.done(path, "document");
}

async function removeCollection(context: FolderTreeContext, removal: Removal): Promise<void> {
  const { folder } = context;
  const { path, work, log, directory, name } = removal;
  const { aside, clock } = log.facts.names;
  const there = await folder.calls.find(directory.at(name));
  const own = there !== undefined && isIdentity(there, log.facts.identity);
  if (work.resumed && (await folder.calls.find(directory.at(aside))) !== undefined) {
    await removeHidden(context, removal);
  } else if (work.resumed && !own) await concludeWithout(context, removal, there !== undefined);
  else if (!work.resumed && (await hide(context, removal))) await removeHidden(context, removal);
  else {
    // What is out of sight is changed by nobody; here others may, and this tells what was there before.
    if (log.facts.timeNs === undefined) {
      await log.add({ timeNs: `${await nextFileSystemTime(folder, directory, clock)}` });
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
  await deadProperties.dropGone(path);
  work.done(path, "collection");
}

/** @returns false where it has to be removed in place */
async function hide({ folder }: FolderTreeContext, removal: Removal): Promise<boolean> {
  const { path, work, log, directory, name } = removal;
  const { aside } = log.facts.names;
  if (
    removal.mounts.size > 0 ||
    work.skipped.size > 0 ||
    (folder.state !== undefined && isWithin(folder.state, path))
  )
    return false;
  try {
    await folder.calls.rename(directory.at(name), directory.at(aside));
  } catch {
    // A mount point, or not ours to rename: members may still be.
    return false;
  }
  if (!isSameAsSeen(await folder.calls.lstat(directory.at(aside)), log.facts)) {
    await bringBack(folder, { to: directory, toName: name, aside, log });
    await folder.calls.syncNames(directory.self);
    await log.end();
    throw replaced();
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
    if (gone) await deadProperties.dropGone(path);
    else await putBack(context, removal);
  }
  // Else it could come back when nothing knows of it any more.
  if (gone) await folder.calls.syncNames(directory.self);
}

async function putBack(context: FolderTreeContext, removal: Removal): Promise<void> {
  const { folder, deadProperties } = context;
  const { directory, name, log, path, work } = removal;
  const { aside } = log.facts.names;
  let shown: string | undefined;
  try {
    shown = await bringBack(folder, { to: directory, toName: name, aside, log });
    await folder.calls.syncNames(directory.self);
  } catch {
    await log.add({ stuck: true });
    context.left(directory.path);
  }
  if (shown === name) return retainProperties(context, path);
  // Another program has taken the name.
  await deadProperties.dropGone(path);
  if (shown === undefined) return;
  const error = new TreeError("busy", "what could not be removed was kept under another name");
  work.kept({ path: memberPath(directory.path, shown), was: path, kind: "collection", error });
}

function replaced(): TreeError {
  return new TreeError("changed", "another program changed or replaced it since the request was judged");
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
function reportOf({ work, log, mounts }: Removal, isChanged: typeof changedSince): RemovalReport {
  const { timeNs } = log.facts;
  const since = work.resumed && timeNs !== undefined ? BigInt(timeNs) : undefined;
  const refusal: RemovalReport["refusal"] = (path, stats) => {
    if (mounts.has(path)) return new TreeError("denied", "something is mounted here");
    if (since === undefined || !isChanged(stats, since)) return undefined;
    return new TreeError("changed", "others changed it since the work began");
  };
  return {
    signal: work.signal,
    staying: work.skipped,
    done: (member, kind) => work.done(member, kind),
    failed: (member, kind, error) => work.failed(member, kind, error),
    ...(since !== undefined || mounts.size > 0 ? { refusal } : {}),
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
    const refusal = stats && (await report.refusal?.(path, stats));
    if (refusal !== undefined) report.failed(path, kind, refusal);
    else {
      const remove = kind === "collection" ? removeDirectory : removeFile;
      gone = await remove(folder, directory, name, report);
      if (gone) await folder.calls.syncNames(directory.self);
    }
  } finally {
    directory.close();
    if (gone) await deadProperties.dropGone(path);
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
