import { type ResourcePath, rebase } from "@meanwhile/dav/path";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { clearAside } from "./clear-aside.ts";
import { type CopyContext, copyDocument, copyMembers } from "./copy-tree.ts";
import { countMembers } from "./count-members.ts";
import { holdDestination } from "./destination.ts";
import { treeError } from "./errno.ts";
import { fileSystemTime, removeClock } from "./file-system-time.ts";
import type { Directory, Folder, Seen } from "./folder.ts";
import type { FolderTreeContext } from "./folder-tree.ts";
import { type Identity, identityOf } from "./identity.ts";
import { bringBack, place } from "./place.ts";
import { removeDirectory, removeFile, silently } from "./remove-tree.ts";
import { standingAt } from "./standing.ts";
import { newerMembers } from "./unrecorded.ts";
import type { WorkLog } from "./works.ts";

export interface CopyRequest {
  readonly source: ResourcePath;
  readonly destination: ResourcePath;
  readonly replace: boolean;
  readonly depth: "0" | "infinity";
}

/** What members are told to: {@link TreeWork} itself for a COPY. */
export type CopyReport = Pick<CopyContext, "done" | "failed" | "linked" | "copied">;

/** A copy that is under way, or in place. */
export interface StagedCopy {
  readonly log: WorkLog;
  readonly request: CopyRequest;
  readonly work: TreeWork;
  /** The collection of the destination, and the name in it. */
  readonly to: Directory;
  readonly name: string;
  /** Members of the source that were not copied. */
  readonly left: Set<ResourcePath>;
  readonly report: CopyReport;
  /** Counts what is left to do where all was staged by an earlier process. */
  count(): Promise<void>;
}

/** Looks at what is to be copied and where, and writes the beginning of the work down. */
export async function beginCopy(
  context: FolderTreeContext,
  method: "copy" | "move",
  request: CopyRequest,
  work: TreeWork,
): Promise<WorkLog> {
  const { folder, works } = context;
  if (work.signal.aborted) throw new TreeError("stopped");
  const seen = await folder.look(request.source);
  if (seen === undefined) throw new TreeError("not-found");
  try {
    const { directory, name, standing } = await holdDestination(folder, request.destination, request);
    try {
      return await works.begin(work, {
        version: 1,
        method,
        source: request.source,
        destination: request.destination,
        kind: seen.kind,
        identity: identityOf(seen.stats),
        ctimeNs: `${seen.stats.ctimeNs}`,
        ...(standing === "absent"
          ? {}
          : { standing: await standingAt(folder.calls, directory.at(name), standing, work) }),
        names: works.namesFor(work.id),
        ...newerMembers(work),
      });
    } finally {
      directory.close();
    }
  } finally {
    seen.close();
  }
}

/** Where the copy goes; the caller closes its directory. */
export async function stagedCopy(
  { folder }: FolderTreeContext,
  log: WorkLog,
  request: CopyRequest,
  work: TreeWork,
  report: CopyReport & { count?(): Promise<void> },
): Promise<StagedCopy> {
  const { directory: to, name } = await holdPlace(folder, log, request.destination);
  const left = new Set([...work.skipped, ...log.facts.failed.map(({ path }) => path)]);
  return { log, request, work, to, name, left, report, count: report.count ?? (async () => {}) };
}

async function holdPlace(
  folder: Folder,
  log: WorkLog,
  path: ResourcePath,
): Promise<{ readonly directory: Directory; readonly name: string }> {
  try {
    return await folder.parent(path);
  } catch (error) {
    // Whatever the work had there is gone with the collection.
    await log.end();
    throw error;
  }
}

/**
 * Copies a resource under a reserved name, puts it in place, and gives it its dead properties. Goes on where an
 * earlier process was ended.
 * @returns false if something hidden is left until the next start
 */
export async function copyIntoPlace(context: FolderTreeContext, copy: StagedCopy): Promise<boolean> {
  const { folder } = context;
  const { log, to, name, work } = copy;
  const { facts } = log;
  if (work.resumed) await removeClock(folder, to, facts.names.clock);
  work.found(1 + facts.failed.length);
  for (const { path, kind, code } of facts.failed) {
    copy.report.failed(path, kind, new TreeError(code, "it failed in an earlier process"));
  }
  const there = await folder.calls.find(to.at(name));
  if (facts.staged === undefined || there === undefined || identityOf(there) !== facts.staged) {
    try {
      await stage(context, copy);
      refusePartial(copy);
      await placeStaged(context, copy);
    } catch (error) {
      await undo(context, copy);
      throw treeError(error, copy.request.source === "/" ? "not-found" : undefined);
    }
  } else {
    await copy.count();
    tellCounted(copy);
  }
  const clean = await clearAside(context, {
    to,
    name,
    log,
    placed: [to.self],
    keepsChanged: work.resumed,
    failed: (path, kind, failure) => copy.report.failed(path, kind, failure),
    found: (members) => work.found(members),
    properties: (kept) => copyProperties(context, copy, kept),
  });
  if (countsAfterPlacing(copy)) work.counted();
  return clean;
}

function tellCounted(copy: StagedCopy): void {
  if (!countsAfterPlacing(copy)) copy.work.counted();
}

/** Members that are kept are found only once the copy is in place. */
function countsAfterPlacing({ work, log }: StagedCopy): boolean {
  return work.resumed && log.facts.standing?.kind === "collection";
}

async function copyProperties(
  { deadProperties }: FolderTreeContext,
  { request, log, left, work }: StagedCopy,
  kept: readonly ResourcePath[],
): Promise<void> {
  const { source, destination, depth } = request;
  const { method } = log.facts;
  // What is moved loses its properties with its source: they are copied once only.
  const once = method === "move" ? { once: work.id } : {};
  await deadProperties.copy(source, destination, { depth, left, kept, ...once });
}

async function stage(context: FolderTreeContext, copy: StagedCopy): Promise<void> {
  const { folder } = context;
  const { log, request, to, work } = copy;
  const { staged, names, whole, standing } = log.facts;
  const stagedName = stagedNameOf(copy);
  const at = to.at(stagedName);
  const there = work.resumed ? await folder.calls.find(at) : undefined;
  const own = there !== undefined && identityOf(there) === staged;
  if (own && whole === true) {
    await copy.count();
    tellCounted(copy);
    return;
  }
  if (whole === true) await refuseUnlessStanding(context, copy);
  if (there !== undefined && !own) await removeStaged(context, copy);
  const seen = await folder.look(request.source);
  if (seen === undefined) throw new TreeError("not-found");
  try {
    if (work.resumed && identityOf(seen.stats) !== log.facts.identity) {
      throw new TreeError("changed", "the source was replaced since the work began");
    }
    const failed: CopyReport["failed"] = (path, kind, error) => {
      copy.left.add(path);
      copy.report.failed(path, kind, error);
      const note = log.addMember({ path, kind, code: error.code });
      // Whoever awaits them hears of it; until then it is nobody's.
      note.catch(() => {});
      noted.push(note);
    };
    const noted: Promise<void>[] = [];
    const copying: CopyContext = {
      folder,
      work,
      clock: context.clock,
      left: copy.left,
      parts: { last: 0 },
      destinationOf: (path) => rebase(path, request.source, request.destination),
      ...copy.report,
      failed,
    };
    if (standing?.kind === "collection" && log.facts.timeNs === undefined) {
      await log.add({ timeNs: `${await fileSystemTime(folder, to, names.clock)}` });
    }
    if (seen.kind === "document") {
      tellCounted(copy);
      if (own) await removeStaged(context, copy);
      await copyDocument(copying, seen, to, stagedName);
      await log.addSynced({ staged: await identityAt(context, at), whole: true });
    } else {
      await stageCollection(context, copy, copying, { seen, own });
      await Promise.all(noted);
      await log.addSynced({ whole: true });
    }
    if (work.signal.aborted) throw new TreeError("stopped");
  } finally {
    seen.close();
  }
}

async function stageCollection(
  context: FolderTreeContext,
  copy: StagedCopy,
  copying: CopyContext,
  { seen, own }: { readonly seen: Seen; readonly own: boolean },
): Promise<void> {
  const { folder } = context;
  const { request, to, work, log } = copy;
  const name = stagedNameOf(copy);
  const source = await folder.directory(request.source);
  if (source === undefined) throw new TreeError("not-found");
  try {
    if (!own) {
      await folder.calls.mkdir(to.at(name), Number(seen.stats.mode & 0o777n) | 0o700);
      await log.add({ staged: await identityAt(context, to.at(name)) });
    }
    if (request.depth === "infinity") await countMembers(folder, source, work, "copy", copying.left);
    tellCounted(copy);
    const staged = await folder.enter(to, name);
    try {
      if (request.depth === "infinity") await copyMembers(copying, source, staged);
      await folder.calls.syncNames(staged.self);
      const missing = 0o700n & ~seen.stats.mode;
      if (missing === 0n) return;
      const { mode } = await folder.calls.lstat(to.at(name));
      await folder.calls.chmod(to.at(name), Number(mode & 0o7777n & ~missing));
    } finally {
      staged.close();
    }
  } finally {
    source.close();
  }
}

/** What is there is replaced by a whole copy only, and a MOVE is all or nothing (RFC 4918 §9.8.5, §9.9.4). */
function refusePartial({ log }: StagedCopy): void {
  const { failed, method, standing } = log.facts;
  if (failed.length === 0 || (method === "copy" && standing === undefined)) return;
  throw new TreeError("incomplete", `${failed.length} members could not be copied`);
}

async function placeStaged({ folder }: FolderTreeContext, copy: StagedCopy): Promise<void> {
  const { log, to, name, work } = copy;
  const { kind, staged, standing, names } = log.facts;
  if (staged === undefined) throw new TreeError("unavailable", "nothing is staged");
  await place(folder, {
    from: to,
    fromName: stagedNameOf(copy),
    kind,
    identity: staged,
    to,
    toName: name,
    standing,
    aside: names.aside,
    resumed: work.resumed,
    timeNs: log.facts.timeNs,
  });
}

/** What was staged is gone: only where the destination is as it was can the copy be made again. */
async function refuseUnlessStanding({ folder }: FolderTreeContext, copy: StagedCopy): Promise<void> {
  const there = await folder.calls.find(copy.to.at(copy.name));
  const { standing } = copy.log.facts;
  if (there !== undefined && identityOf(there) === standing?.identity) return;
  throw new TreeError("changed", "the destination was replaced or removed since the work began");
}

async function undo(context: FolderTreeContext, copy: StagedCopy): Promise<void> {
  const { folder } = context;
  const { to, name, log } = copy;
  try {
    if (copy.work.resumed) await bringBack(folder, { to, toName: name, aside: log.facts.names.aside });
    if (await removeStaged(context, copy)) {
      const clearing = {
        to,
        name,
        log,
        placed: [to.self],
        keepsChanged: false,
        failed: () => {},
        found: () => {},
      };
      if (await clearAside(context, clearing)) await log.end();
      return;
    }
  } catch {
    // What the work failed with is told; what is left here waits for the next start.
  }
  context.left(to.path);
}

async function removeStaged({ folder }: FolderTreeContext, copy: StagedCopy): Promise<boolean> {
  const name = stagedNameOf(copy);
  const there = await folder.calls.find(copy.to.at(name));
  if (there === undefined) return true;
  const remove = there.isDirectory() ? removeDirectory : removeFile;
  return remove(folder, copy.to, name, silently);
}

async function identityAt({ folder }: FolderTreeContext, at: string): Promise<Identity> {
  return identityOf(await folder.calls.lstat(at));
}

function stagedNameOf({ log }: StagedCopy): string {
  const { staged } = log.facts.names;
  if (staged === undefined) throw new TreeError("unavailable", "the work has no name for what it stages");
  return staged;
}
