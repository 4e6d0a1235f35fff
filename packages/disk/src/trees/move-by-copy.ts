import type { BigIntStats } from "node:fs";
import type { ResourcePath } from "@meanwhile/dav";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import type { Signature } from "../documents/copy-content.ts";
import { nextFileSystemTime, removeClock } from "../paths/file-system-time.ts";
import { isIdentity } from "../paths/identity.ts";
import type { WorkLog } from "../works/works.ts";
import { countMembers } from "./count-members.ts";
import { holdSource } from "./destination.ts";
import type { FolderTreeContext } from "./folder-tree-context.ts";
import type { MoveRequest } from "./move-request.ts";
import { removeOrTell } from "./remove-resource.ts";
import type { RemovalReport } from "./remove-tree.ts";
import { type CopyReport, copyIntoPlace, stagedCopy } from "./staged-copy.ts";

/**
 * Moves by copying to the destination and removing, then, each member of the source that is still what was copied.
 * Members are told about only once it is certain whether they left, or stay.
 */
export async function moveByCopy(
  context: FolderTreeContext,
  request: MoveRequest,
  log: WorkLog,
  work: TreeWork,
): Promise<void> {
  const wasStaged = log.facts.staged !== undefined;
  if (log.facts.sourceTimeNs === undefined) await noteSourceTime(context, request, log);
  const sourceTimeNs = BigInt(log.facts.sourceTimeNs ?? log.facts.ctimeNs);
  const links = new Set<ResourcePath>();
  const late = new Map<ResourcePath, string>();
  const report: CopyReport & { count(): Promise<void> } = {
    done: () => {},
    failed: (path, kind, error) => work.failed(path, kind, error),
    linked: (path) => void links.add(path),
    sinceNs: sourceTimeNs,
    late: (path, signature) => void late.set(path, signatureOf(signature)),
    count: () => countSource(context, request, log, work),
  };
  const copy = await stagedCopy(context, log, { depth: "infinity", ...request }, work, report);
  let clean = false;
  try {
    clean = await copyIntoPlace(context, copy);
  } finally {
    copy.to.close();
  }
  await removeSource(context, request, log, work, {
    staying: copy.left,
    linkStays: async (path) => {
      if (links.has(path)) return false;
      return !(wasStaged && (await isAt(context, destinationOf(path, request))));
    },
    refusal: async (path, stats) => {
      const changedLater = (): boolean => {
        if (stats.isDirectory()) return stats.birthtimeNs > sourceTimeNs;
        if (stats.ctimeNs < sourceTimeNs || stats.isSymbolicLink()) return false;
        if (path === request.source && stats.ctimeNs === BigInt(log.facts.ctimeNs)) return false;
        return late.get(path) !== signatureOf(stats);
      };
      if (changedLater()) return changed();
      // Another program may have moved it here, with times as old as it is.
      if (path === request.source || stats.isSymbolicLink()) return undefined;
      return (await isCopied(context, destinationOf(path, request), stats)) ? undefined : changed();
    },
  });
  if (clean) await log.end();
}

async function noteSourceTime(
  { folder }: FolderTreeContext,
  request: MoveRequest,
  log: WorkLog,
): Promise<void> {
  const { directory } = await holdSource(folder, request.source);
  try {
    await removeClock(folder, directory, log.facts.names.clock);
    await log.add({ sourceTimeNs: `${await nextFileSystemTime(folder, directory, log.facts.names.clock)}` });
  } finally {
    directory.close();
  }
}

async function countSource(
  { folder }: FolderTreeContext,
  request: MoveRequest,
  { facts }: WorkLog,
  work: TreeWork,
): Promise<void> {
  const source = await folder.directory(request.source);
  if (source === undefined) return;
  try {
    const left = new Set([...work.skipped, ...facts.failed.map(({ path }) => path)]);
    await countMembers(folder, source, work, "copy", left);
  } finally {
    source.close();
  }
}

/** Removes of the source what was copied, and is as it was. */
async function removeSource(
  context: FolderTreeContext,
  request: MoveRequest,
  log: WorkLog,
  work: TreeWork,
  report: Pick<RemovalReport, "staying" | "linkStays" | "refusal">,
): Promise<void> {
  const { folder, deadProperties } = context;
  const seen = await folder.look(request.source);
  seen?.close();
  if (seen === undefined) {
    await deadProperties.dropGone(request.source);
    work.done(request.source, log.facts.kind);
    return;
  }
  if (!isIdentity(seen.stats, log.facts.identity)) {
    work.failed(request.source, log.facts.kind, changed());
    return;
  }
  await removeOrTell(context, request.source, log.facts.kind, {
    ...report,
    // The copy is in place: stopping now would leave everything twice.
    signal: undefined,
    hiddenStays: true,
    done: (path, kind) => work.done(path, kind),
    failed: (path, kind, error) => work.failed(path, kind, error),
    kept: (path) => work.done(path, "collection"),
  });
}

/** Whether what is at the destination is of this kind. */
async function isCopied(
  { folder }: FolderTreeContext,
  path: ResourcePath,
  stats: BigIntStats,
): Promise<boolean> {
  const seen = await folder.look(path);
  seen?.close();
  return seen !== undefined && (seen.kind === "collection") === stats.isDirectory();
}

async function isAt({ folder }: FolderTreeContext, path: ResourcePath): Promise<boolean> {
  const seen = await folder.look(path);
  seen?.close();
  return seen !== undefined;
}

function destinationOf(path: ResourcePath, { source, destination }: MoveRequest): ResourcePath {
  return `${destination}${path.slice(source.length)}` as ResourcePath;
}

function signatureOf({ dev, ino, size, mtimeNs, ctimeNs }: Signature): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

function changed(): TreeError {
  return new TreeError("changed", "it was changed after it was copied");
}
