/** What putting, getting and syncing a folder have in common: look, plan, do, keep what is known. */
import { join } from "node:path";
import type { DavClient, Patience, Place } from "@meanwhile/client";
import { lookAfter } from "../afterwards/look-after.ts";
import { lookAtFiles, lookAtServer } from "../afterwards/written-look.ts";
import { WrittenMembers } from "../afterwards/written-members.ts";
import { fileContent } from "../documents/file-content.ts";
import { isOnlyBeginning } from "../documents/only-beginning.ts";
import { type FolderOptions, transfersAtATime } from "../folders/folder-options.ts";
import { FolderError, type FolderSummary, type FolderWork } from "../folders/folder-work.ts";
import { type FolderSurroundings, surroundingsOf } from "../local/folder-surroundings.ts";
import { isMissing, listLocal } from "../local/list-local.ts";
import { foldingOf, usualFolding } from "../local/name-folding.ts";
import { defaultStateDirectory, stateFileName } from "../local/state-place.ts";
import type { FolderPlan, MemberPlace } from "../plan/folder-plan.ts";
import { type FolderSide, planFolder } from "../plan/plan-folder.ts";
import { stepsOf } from "../plan/plan-steps.ts";
import type { SyncRecord } from "../record/sync-record.ts";
import { SyncState } from "../record/sync-state.ts";
import { clockAhead } from "../remote/clock-ahead.ts";
import { type FolderRoots, findRoots } from "../remote/find-roots.ts";
import { listNamed } from "../remote/list-named.ts";
import { listRemote } from "../remote/list-remote.ts";
import { carryOut, type FolderDestination } from "./carry-out.ts";
import { downloadDestination } from "./download-destination.ts";
import { type FolderRun, startFolderWork } from "./folder-run.ts";
import { FolderTally } from "./folder-tally.ts";
import { uploadDestination } from "./upload-destination.ts";

export interface FolderTransfer extends FolderOptions {
  readonly client: DavClient;
  readonly folder: string;
  readonly place: Place;
  readonly direction: "up" | "down";
  readonly delete: boolean;
  readonly replace: boolean;
  /** Changes at the destination are replaced. */
  readonly overwrite: boolean;
}

const defaultMaxMembers = 1_000_000;

/** Starts it at once. */
export function transferFolder(transfer: FolderTransfer): FolderWork {
  const concurrency = transfersAtATime(transfer);
  const tally = new FolderTally();
  const surroundings = surroundingsOf(transfer.surroundings);
  return startFolderWork(tally, transfer.signal, async (run) => {
    const { idleTimeoutMs } = transfer;
    const patience = { signal: run.signal, ...(idleTimeoutMs !== undefined && { idleTimeoutMs }) };
    const work: Work = { transfer, concurrency, tally, surroundings, run, patience };
    const summary = await carryThrough(work);
    if (summary.failures > 0) throw new FolderError(summary);
    return summary;
  });
}

interface Work {
  readonly transfer: FolderTransfer;
  readonly concurrency: number;
  readonly tally: FolderTally;
  readonly surroundings: FolderSurroundings;
  readonly run: FolderRun;
  readonly patience: Patience & { readonly signal: AbortSignal };
}

async function carryThrough(work: Work): Promise<FolderSummary> {
  const { transfer, tally, run } = work;
  const roots = await findRoots({ ...transfer, ...work });
  const state = await openState(work, roots);
  const parts: string[] = [];
  try {
    const sides = sidesOf(work, roots, state, (part) => parts.push(part));
    const plan = await makePlan(work, roots, state, sides);
    if (transfer.dryRun) {
      tally.steps = stepsOf(plan, transfer.direction, destinationOf(work, roots).removalOrder);
      return tally.summary;
    }
    await doPlan(work, roots, state, sides, plan);
    if (tally.breakdowns === 0 && !tally.endedEarly) await deleteAbandoned(parts, work.surroundings);
  } finally {
    if (!transfer.dryRun) {
      const well = tally.breakdowns === 0 && !tally.endedEarly && !run.signal.aborted;
      await state?.finish({ well, whole: transfer.delete });
    }
    tally.stateError = state?.error;
  }
  return tally.summary;
}

async function openState(work: Work, { folder, collection }: FolderRoots): Promise<SyncState | undefined> {
  const { transfer, surroundings } = work;
  const directory = transfer.stateDirectory ?? defaultStateDirectory(surroundings);
  if (directory === false || folder === undefined) return undefined;
  return SyncState.open(join(directory, stateFileName(folder, collection)), surroundings);
}

interface Sides {
  readonly local: FolderSide;
  /** With our names. */
  readonly remote: FolderSide;
  /** With the server's names. */
  readonly server: FolderSide;
}

function sidesOf(
  { transfer, surroundings: { platform, fileSystem }, patience }: Work,
  { folder }: FolderRoots,
  state: SyncState | undefined,
  onPart: (path: string) => void,
): Sides {
  const server: FolderSide = {
    list: (place) => listRemote(transfer.client, new URL(place.href), { ...patience, platform }),
  };
  return {
    local: { list: (place) => listLocal(fileSystem, join(folder ?? transfer.folder, place.local), onPart) },
    remote: { list: (place) => listNamed(state?.names, place, server.list(place)) },
    server,
  };
}

async function makePlan(
  { transfer, surroundings, run, concurrency, tally, patience }: Work,
  { folder, collection, missing }: FolderRoots,
  state: SyncState | undefined,
  { local, remote }: Sides,
): Promise<FolderPlan> {
  const { client, direction, dryRun = false } = transfer;
  const { platform, now } = surroundings;
  const up = direction === "up";
  const clockMatters = up && !missing && state?.complete !== true;
  const usual = usualFolding(platform);
  return planFolder({
    source: up ? local : remote,
    destination: up ? remote : local,
    root: { path: "", local: "", href: collection.href },
    destinationMissing: missing,
    // A server keeps names apart that this machine does not.
    folding: up
      ? { ...usual, ignoresCase: false }
      : dryRun || folder === undefined
        ? usual
        : await foldingOf(folder, surroundings),
    direction,
    delete: transfer.delete,
    replace: transfer.replace,
    overwrite: transfer.overwrite,
    clockAheadMs: clockMatters ? await clockAhead(client, collection, now, patience) : 0,
    state,
    concurrency,
    maxMembers: transfer.maxMembers ?? defaultMaxMembers,
    tally,
    signal: run.signal,
  });
}

async function doPlan(
  work: Work,
  roots: FolderRoots,
  state: SyncState | undefined,
  { local, remote, server }: Sides,
  plan: FolderPlan,
): Promise<void> {
  const { transfer, surroundings, run, concurrency, tally, patience } = work;
  const { client, direction } = transfer;
  const up = direction === "up";
  const { now } = surroundings;
  const written = new WrittenMembers(now);
  let ahead: Promise<number> | undefined;
  const looking = {
    ...{ direction, state, tally, concurrency, signal: run.signal },
    source: up ? local : remote,
    destination: up ? server : local,
    lookUnder: up
      ? lookAtServer(client, patience)
      : lookAtFiles(roots.folder ?? transfer.folder, surroundings),
    isOnlyBeginning: (place: MemberPlace, record: SyncRecord, length: number) =>
      isOnlyBeginning(
        client,
        new URL(place.href),
        length,
        fileContent({
          fileSystem: surroundings.fileSystem,
          file: join(roots.folder ?? transfer.folder, place.local),
          size: record.localSize,
          modifiedMs: record.localModifiedMs,
          followLink: false,
          onFailure: () => undefined,
        }).open,
        patience,
      ),
    clockAheadMs: () => (ahead ??= clockAhead(client, roots.collection, now, patience)),
  };
  await carryOut(plan, {
    ...{ destination: destinationOf(work, roots), written, state, tally, run, concurrency },
    failFast: transfer.failFast ?? false,
    lookAfter: (removals) => lookAfter(looking, written.folders, removals),
  });
}

function destinationOf({ transfer, surroundings, run }: Work, { folder }: FolderRoots): FolderDestination {
  const { client, idleTimeoutMs, lockTokens } = transfer;
  const to = { client, run, surroundings, folder: folder ?? transfer.folder };
  if (transfer.direction === "down") return downloadDestination({ ...to, idleTimeoutMs });
  return uploadDestination({
    ...to,
    options: {
      ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
      ...(lockTokens !== undefined && { lockTokens }),
    },
  });
}

/** An unfinished download that nobody has written to for so long is of no use any more: one week. */
export const abandonedAfterMs: number = 7 * 24 * 60 * 60 * 1000;

/** Deletes those of the unfinished downloads that are abandoned. */
async function deleteAbandoned(
  parts: readonly string[],
  { fileSystem, now }: Pick<FolderSurroundings, "fileSystem" | "now">,
): Promise<void> {
  for (const part of parts) {
    try {
      const stats = await fileSystem.lstat(part);
      if (stats.isFile() && now() - stats.mtimeMs > abandonedAfterMs) await fileSystem.unlink(part);
    } catch (error) {
      // It was finished, or another program was quicker.
      if (!isMissing(error)) throw error;
    }
  }
}
