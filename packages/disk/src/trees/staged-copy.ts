import { type ResourcePath, rebase } from "@meanwhile/dav";
import { type Placement, TreeError, type TreeWork } from "@meanwhile/server/store";
import { undoneError } from "../calls/errno.ts";
import { copyJob } from "../documents/copy-file.ts";
import { removeClock } from "../paths/file-system-time.ts";
import type { Directory, Folder, Seen } from "../paths/folder.ts";
import { type Identity, isIdentity, lastingIdentity } from "../paths/identity.ts";
import { takesOtherSpelling } from "../paths/listed-names.ts";
import { clearAside } from "../placing/clear-aside.ts";
import { bringBack, place } from "../placing/place.ts";
import { removePlaceholder } from "../placing/place-new.ts";
import { isSameAsSeen } from "../placing/see.ts";
import type { CopiedProperties } from "../properties/dead-properties.ts";
import { bootId } from "../works/boot-id.ts";
import type { MemberFact, WorkBeginning } from "../works/work-facts.ts";
import type { WorkLog } from "../works/works.ts";
import { type CopyContext, copyDocument, copyMembers } from "./copy-tree.ts";
import { countMembers } from "./count-members.ts";
import { holdDestination, refuseUnlessSeen } from "./destination.ts";
import type { FolderTreeContext } from "./folder-tree-context.ts";
import { removeDirectory, removeFile, silently } from "./remove-tree.ts";

export interface CopyRequest extends Placement {
  readonly source: ResourcePath;
  readonly destination: ResourcePath;
  readonly depth: "0" | "infinity";
}

/** What members are told to: {@link TreeWork} itself for a COPY. */
export interface CopyReport extends Pick<CopyContext, "done" | "failed" | "linked" | "late"> {
  /** Since when a file is {@link CopyContext.late}. */
  readonly sinceNs?: bigint;
}

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
    refuseUnlessSeen(seen.stats, request.sourceSeen);
    const placeable = { kind: seen.kind, ...request };
    const { directory, standing, timeNs, mounted } = await holdDestination(
      context,
      request.destination,
      placeable,
    );
    try {
      const beginning: WorkBeginning = {
        version: 1,
        method,
        source: request.source,
        destination: request.destination,
        kind: seen.kind,
        identity: await lastingIdentity(folder.calls, seen, seen.stats),
        ctimeNs: `${seen.stats.ctimeNs}`,
        names: works.namesFor(work.id),
        ...(request.depth === "0" ? { depth: "0" } : {}),
        ...(standing === undefined ? {} : { standing }),
        ...(mounted ? { mounted } : {}),
        ...(timeNs === undefined ? {} : { timeNs }),
      };
      const isOne = method === "copy" && seen.kind === "document" && standing === undefined;
      return await works.begin(work, beginning, { light: work.light === true && isOne });
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
  const left = new Set([...work.skipped, ...uncopied(log).map(({ path }) => path)]);
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
  work.found(1 + uncopied(log).length);
  for (const { path, kind, code } of uncopied(log)) {
    copy.report.failed(path, kind, new TreeError(code, "it failed in an earlier process"));
  }
  const there = await folder.calls.find(to.at(name));
  const isPlaced = facts.staged !== undefined && there !== undefined && isIdentity(there, facts.staged);
  let properties: CopiedProperties | undefined;
  try {
    if (!isPlaced && facts.overwritten !== true) {
      try {
        await stage(context, copy);
        refusePartial(copy);
        // Before anything is in place: what is, is to get them.
        properties = await copyProperties(context, copy);
        await placeStaged(context, copy);
      } catch (error) {
        await undo(context, copy);
        throw undoneError(error);
      }
    } else {
      // It is in place, and may have its staged name yet.
      await placeStaged(context, copy);
      await copy.count();
      work.counted();
      properties = await copyProperties(context, copy).catch((cause: unknown) => {
        throw new TreeError("not-recorded", "the dead properties could not be copied", { cause });
      });
    }
    const { settle } = properties;
    return await clearAside(context, {
      to,
      name,
      log,
      placed: [to.self],
      kept: (kept) => work.kept(kept),
      properties: settle,
    });
  } finally {
    properties?.release();
  }
}

function copyProperties(
  { deadProperties }: FolderTreeContext,
  { request: { source, destination, depth }, log, left }: StagedCopy,
): Promise<CopiedProperties> {
  return deadProperties.copy(source, destination, { depth, left, once: log.id });
}

async function stage(context: FolderTreeContext, copy: StagedCopy): Promise<void> {
  const { folder } = context;
  const { log, request, to, work } = copy;
  const { staged, whole } = log.facts;
  const stagedName = stagedNameOf(copy);
  const at = to.at(stagedName);
  const there = work.resumed ? await folder.calls.find(at) : undefined;
  const own = there !== undefined && staged !== undefined && isIdentity(there, staged);
  if (own && whole === true) {
    await copy.count();
    work.counted();
    return;
  }
  if (whole === true) await refuseUnlessStanding(context, copy);
  const goesOn = own && (await canGoOn(context, copy));
  if (there !== undefined && !goesOn) await removeStaged(context, copy);
  const seen = await folder.look(request.source);
  if (seen === undefined) throw new TreeError("not-found");
  try {
    if (work.resumed && !isIdentity(seen.stats, log.facts.identity)) {
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
    const { sinceNs } = copy.report;
    const since = sinceNs === undefined ? {} : { sinceNs };
    const copying: CopyContext = {
      folder,
      work,
      job: copyJob(folder.calls, context.clock, { resumed: goesOn, ...since }),
      left: copy.left,
      destinationOf: (path) => rebase(path, request.source, request.destination),
      ...copy.report,
      failed,
    };
    if (seen.kind === "document") {
      work.counted();
      if (goesOn) await removeStaged(context, copy);
      await copyDocument(copying, seen, to, stagedName);
      const whole = { staged: await stagedIdentity(context, copy), whole: true } as const;
      // What a loss of power leaves of a light work, the next start removes.
      await (log.facts.light === true ? log.add(whole) : log.addSynced(whole));
    } else {
      await stageCollection(context, copy, copying, seen);
      await Promise.all(noted);
      await log.addSynced({ whole: true });
    }
    if (work.signal.aborted) throw new TreeError("stopped");
  } finally {
    seen.close();
  }
}

/** Whether what an earlier process copied, and did not record as whole, tells by itself what of it is. */
async function canGoOn({ folder }: FolderTreeContext, copy: StagedCopy): Promise<boolean> {
  // A loss of power may have torn or lost some of it.
  if (bootId === undefined || copy.log.facts.boot !== bootId) return false;
  // Where two members of the source have one name here, a copy may be that of the other.
  return !(await takesOtherSpelling(folder, copy.to, stagedNameOf(copy)));
}

async function stageCollection(
  context: FolderTreeContext,
  copy: StagedCopy,
  copying: CopyContext,
  seen: Seen,
): Promise<void> {
  const { folder } = context;
  const { request, to, work, log } = copy;
  const name = stagedNameOf(copy);
  const source = await folder.directory(request.source);
  if (source === undefined) throw new TreeError("not-found");
  try {
    if (!copying.job.resumed) {
      await folder.calls.mkdir(to.at(name), Number(seen.stats.mode & 0o777n) | 0o700);
      const boot = bootId === undefined ? {} : { boot: bootId };
      await log.add({ staged: await stagedIdentity(context, copy), ...boot });
    }
    if (request.depth === "infinity") await countMembers(folder, source, work, "copy", copying.left);
    work.counted();
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
  const { method, standing } = log.facts;
  const failed = uncopied(log);
  if (failed.length === 0 || (method === "copy" && standing === undefined)) return;
  throw new TreeError("incomplete", `${failed.length} members could not be copied`);
}

async function placeStaged({ folder }: FolderTreeContext, copy: StagedCopy): Promise<void> {
  const { log, to, name, request } = copy;
  const { kind, staged } = log.facts;
  if (staged === undefined) throw new TreeError("unavailable", "nothing is staged");
  await place(folder, {
    from: to,
    fromName: stagedNameOf(copy),
    kind,
    identity: staged,
    to,
    toName: name,
    log,
    replace: request.replace,
    kept: (kept) => copy.work.kept(kept),
  });
}

/** What was staged is gone: only where the destination is as it was can the copy be made again. */
async function refuseUnlessStanding({ folder }: FolderTreeContext, copy: StagedCopy): Promise<void> {
  const there = await folder.calls.find(copy.to.at(copy.name));
  if (there !== undefined && isSameAsSeen(there, copy.log.facts.standing)) return;
  throw new TreeError("changed", "the destination was replaced or removed since the work began");
}

/** Members of the source that could not be copied. */
function uncopied({ facts }: WorkLog): readonly MemberFact[] {
  return facts.failed.filter(({ was }) => was === undefined);
}

async function undo(context: FolderTreeContext, copy: StagedCopy): Promise<void> {
  const { folder } = context;
  const { to, name, log } = copy;
  try {
    await bringBack(folder, { to, toName: name, aside: log.facts.names.aside, log });
    await removePlaceholder(folder, to, name, log);
    if (await removeStaged(context, copy)) {
      await folder.calls.syncNames(to.self);
      return await log.end();
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

async function stagedIdentity({ folder }: FolderTreeContext, copy: StagedCopy): Promise<Identity> {
  const stats = await folder.calls.lstat(copy.to.at(stagedNameOf(copy)));
  return lastingIdentity(folder.calls, copy.to, stats);
}

function stagedNameOf({ log }: StagedCopy): string {
  const { staged } = log.facts.names;
  if (staged === undefined) throw new TreeError("unavailable", "the work has no name for what it stages");
  return staged;
}
