import type { BigIntStats } from "node:fs";
import { isWithin, nameOf, parentOf } from "@meanwhile/dav";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { isOtherFileSystem } from "../calls/errno.ts";
import { removeClock } from "../paths/file-system-time.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { isIdentity } from "../paths/identity.ts";
import { isListed, isSpelledAlike } from "../paths/listed-names.ts";
import { clearAside } from "../placing/clear-aside.ts";
import { bringBack, place } from "../placing/place.ts";
import { type Placed, removePlaceholder } from "../placing/place-new.ts";
import { standingAt } from "../placing/standing.ts";
import type { WorkBeginning } from "../works/work-facts.ts";
import type { WorkLog } from "../works/works.ts";
import {
  type Destination,
  holdDestination,
  holdSource,
  refuseMounts,
  refuseState,
  refuseUnlessSeen,
} from "./destination.ts";
import type { FolderTreeContext } from "./folder-tree-context.ts";
import { moveByCopy } from "./move-by-copy.ts";
import type { MoveRequest } from "./move-request.ts";
import { removeDirectory, removeFile, silently } from "./remove-tree.ts";

/** Moves a resource: by renaming, or by copying and removing where members stay or another file system begins. */
export async function moveResource(
  context: FolderTreeContext,
  request: MoveRequest,
  work: TreeWork,
): Promise<{ readonly created: boolean }> {
  const log = context.works.resume(work) ?? (await beginMove(context, request, work));
  const copies = work.skipped.size > 0 || log.facts.staged !== undefined || log.facts.mounted === true;
  if (copies || !(await renamed(context, request, log, work))) await moveByCopy(context, request, log, work);
  return { created: log.facts.standing === undefined };
}

async function beginMove(context: FolderTreeContext, request: MoveRequest, work: TreeWork): Promise<WorkLog> {
  const { folder, works } = context;
  if (work.signal.aborted) throw new TreeError("stopped");
  const source = await holdSource(folder, request.source);
  let place: Destination | undefined;
  try {
    if (isWithin(request.source, request.destination) || isWithin(request.destination, request.source)) {
      throw new TreeError("denied", "a resource cannot be moved into itself, or over its own collection");
    }
    refuseState(folder, request.source);
    refuseMounts(folder, request.source);
    refuseUnlessSeen(source.stats, request.sourceSeen);
    const moved = await standingAt(folder.calls, source.directory, source, work);
    const respelled = await isRespelled(folder, request);
    const placement = { kind: source.kind, ...request, ...(respelled ? { replace: true } : {}) };
    place = await holdDestination(context, request.destination, placement);
    const { standing, timeNs } = respelled ? { standing: undefined, timeNs: undefined } : place;
    const beginning: WorkBeginning = {
      version: 1,
      method: "move",
      source: request.source,
      destination: request.destination,
      names: works.namesFor(work.id),
      ...moved,
      ...(respelled ? { respells: true } : {}),
      ...(place.mounted ? { mounted: true } : {}),
      ...(standing === undefined ? {} : { standing }),
      ...(timeNs === undefined ? {} : { timeNs }),
    };
    const light = work.light === true && standing === undefined && !respelled;
    return await works.begin(work, beginning, { light });
  } finally {
    place?.directory.close();
    source.directory.close();
  }
}

/** Whether the destination is another spelling of the source's name, which finds the source itself. */
async function isRespelled(folder: Folder, { source, destination }: MoveRequest): Promise<boolean> {
  if (parentOf(source) !== parentOf(destination) || !isSpelledAlike(nameOf(source), nameOf(destination)))
    return false;
  const { directory, name } = await folder.parent(destination);
  try {
    if ((await folder.calls.find(directory.at(name))) === undefined) return false;
    // Another file, or a second name of this one (a hard link), is listed.
    return !(await isListed(folder, directory, name));
  } finally {
    directory.close();
  }
}

/** @returns false where that is not possible, with nothing changed */
async function renamed(
  context: FolderTreeContext,
  request: MoveRequest,
  log: WorkLog,
  work: TreeWork,
): Promise<boolean> {
  const { folder, deadProperties } = context;
  const { source, destination } = request;
  const { directory: to, name } = await endUnlessFound(log, folder.parent(destination));
  try {
    if (work.resumed) await removeUnneeded(folder, to, log);
    const placed = await renameOnce(context, request, log, { to, name, work });
    if (!placed) return false;
    work.found(1);
    const above = parentOf(source) ?? source;
    const from = above === to.path ? undefined : await folder.directory(above);
    try {
      const clean = await clearAside(context, {
        to,
        name,
        log,
        placed: [...(placed === "synced" ? [] : [to.self]), ...(from === undefined ? [] : [from.self])],
        kept: (kept) => work.kept(kept),
        properties: (kept) => deadProperties.move(source, destination, { kept, once: log.id }),
      });
      if (clean) await log.end();
    } finally {
      from?.close();
    }
    work.counted();
    work.done(source, log.facts.kind);
    return true;
  } finally {
    to.close();
  }
}

/** An earlier process may have been ended when it had just begun to stage a copy. */
async function removeUnneeded(folder: Folder, to: Directory, { facts }: WorkLog): Promise<void> {
  const { clock, staged } = facts.names;
  await removeClock(folder, to, clock);
  if (staged === undefined) return;
  const there = await folder.calls.find(to.at(staged));
  if (there === undefined) return;
  await (there.isDirectory() ? removeDirectory : removeFile)(folder, to, staged, silently);
}

/** @returns whether it is at the destination, now or since an earlier process */
async function renameOnce(
  context: FolderTreeContext,
  request: MoveRequest,
  log: WorkLog,
  { to, name, work }: { readonly to: Directory; readonly name: string; readonly work: TreeWork },
): Promise<Placed> {
  const { folder } = context;
  const { facts } = log;
  if (facts.respells === true) return respell(context, request, log, { to, name });
  const there = await folder.calls.find(to.at(name));
  const arrived = there !== undefined && isIdentity(there, facts.identity);
  if (arrived && work.resumed) {
    await dropOtherName(context, request, log);
    return "placed";
  }
  const source = await holdMoved(context, request, log, { to, name });
  try {
    if (arrived) {
      // Two names of one file: renaming one to the other does nothing (POSIX rename), unless only their case differs.
      await folder.calls.rename(source.directory.at(source.name), to.at(name));
      await dropOtherName(context, request, log);
      return "placed";
    }
    // A rename is sure to fail then: nothing is put aside for it.
    if (source.stats.dev !== to.device) return false;
    const placed = await place(folder, {
      ...{ from: source.directory, fromName: source.name, kind: facts.kind, identity: facts.identity },
      ...{ to, toName: name, log, replace: request.replace, kept: (kept) => work.kept(kept) },
    });
    await keepTag(folder, source.stats, to, name);
    return placed;
  } catch (error) {
    if (isOtherFileSystem(error)) return false;
    await giveUp(context, log, { to, name });
    throw error;
  } finally {
    source.directory.close();
  }
}

/** Gives what is moved the new spelling of its name. */
async function respell(
  context: FolderTreeContext,
  request: MoveRequest,
  log: WorkLog,
  { to, name }: { readonly to: Directory; readonly name: string },
): Promise<Placed> {
  const { folder } = context;
  if (await isListed(folder, to, name)) return "placed";
  try {
    await folder.calls.rename(to.at(nameOf(request.source)), to.at(name));
    return "placed";
  } catch (error) {
    await giveUp(context, log, { to, name });
    throw error;
  }
}

/** "The same ETag" before and after: a client that moves what it has need not get it again. */
async function keepTag(folder: Folder, before: BigIntStats, to: Directory, name: string): Promise<void> {
  if (!before.isFile()) return;
  const after = await folder.calls.find(to.at(name));
  if (after?.isFile() === true) folder.tags.keep(before, after);
}

interface Source {
  readonly directory: Directory;
  readonly name: string;
  /** What it was before it was moved. */
  readonly stats: BigIntStats;
}

async function holdMoved(
  context: FolderTreeContext,
  request: MoveRequest,
  log: WorkLog,
  { to, name }: { readonly to: Directory; readonly name: string },
): Promise<Source> {
  const { folder } = context;
  try {
    const source = await holdSource(folder, request.source);
    if (isIdentity(source.stats, log.facts.identity)) return source;
    source.directory.close();
    throw new TreeError("changed", "the source was replaced since the work began");
  } catch (error) {
    await giveUp(context, log, { to, name });
    throw error;
  }
}

async function giveUp(
  context: FolderTreeContext,
  log: WorkLog,
  { to, name }: { readonly to: Directory; readonly name: string },
): Promise<void> {
  await bringBack(context.folder, { to, toName: name, aside: log.facts.names.aside, log });
  await removePlaceholder(context.folder, to, name, log);
  await context.folder.calls.syncNames(to.self);
  await log.end();
}

/** What is at the destination may have its old name still, where both are names of one file. */
async function dropOtherName(
  { folder }: FolderTreeContext,
  { source }: MoveRequest,
  { facts }: WorkLog,
): Promise<void> {
  if (facts.kind === "collection") return;
  const seen = await folder.look(source);
  seen?.close();
  if (seen === undefined || !isIdentity(seen.stats, facts.identity)) return;
  const { directory, name } = await holdSource(folder, source);
  try {
    // Not listed, it is no second name but another spelling of the one that it has now.
    if (await isListed(folder, directory, name)) await folder.calls.unlink(directory.at(name));
  } finally {
    directory.close();
  }
}

async function endUnlessFound<T>(log: WorkLog, held: Promise<T>): Promise<T> {
  try {
    return await held;
  } catch (error) {
    await log.end();
    throw error;
  }
}
