import type { BigIntStats } from "node:fs";
import { memberPath, type ResourcePath, rebase } from "@meanwhile/dav";
import { type Kept, type Resource, TreeError } from "@meanwhile/server/store";
import type { Directory } from "../paths/folder.ts";
import { rewrittenSince } from "../paths/identity.ts";
import type { FolderTreeContext } from "../trees/folder-tree-context.ts";
import { type RemovalReport, removeDirectory, removeFile } from "../trees/remove-tree.ts";
import type { MemberFact } from "../works/work-facts.ts";
import type { WorkLog } from "../works/works.ts";
import { keepChanged } from "./keep-changed.ts";
import { placeVisibly } from "./place-new.ts";

/** Where something that is kept is, and where it was. */
export interface KeptAt {
  readonly path: ResourcePath;
  readonly was: ResourcePath;
}

/** Something is in place, and what made room for it is to go. */
export interface Clearing {
  readonly to: Directory;
  /** The name of what is in place. */
  readonly name: string;
  readonly log: WorkLog;
  /** Directories whose names changed with it: they are synced before anything is removed. */
  readonly placed: readonly string[];
  /** Told of all that stays of what made room. */
  kept(kept: Kept): void;
  /** Gives what is in place its dead properties; those of the members that are kept stay theirs. Fails with "not-recorded". */
  properties(kept: readonly KeptAt[]): Promise<void>;
}

/**
 * Keeps what other programs changed since the request was judged, settles the dead properties, and removes what was put
 * aside. What of it cannot be removed gets a name that shows it. Nothing stays hidden.
 *
 * @returns false if something stays hidden nevertheless, until the next start
 */
export async function clearAside(context: FolderTreeContext, clearing: Clearing): Promise<boolean> {
  const { log } = clearing;
  for (const fact of keptOf(log)) tell(clearing, fact);
  if (log.facts.ended === true) return true;
  const removable = await keepMembers(context, clearing);
  let clean = false;
  let unsynced: unknown;
  let isSettled = false;
  for (const directory of clearing.placed) {
    await context.folder.calls.syncNames(directory).catch((error: unknown) => {
      unsynced ??= error;
    });
  }
  try {
    if (log.facts.settled !== true && log.facts.light !== true) await clearing.properties(keptOf(log));
    isSettled = true;
  } finally {
    if (unsynced === undefined) clean = await removeAside(context, clearing, removable);
    // What was put aside may be all that is left after a loss of power: the next start removes it.
    else context.left(clearing.to.path);
    // What did not end is gone through at the next start, which must not give properties anew.
    if (isSettled && !clean && log.facts.settled !== true) await log.addIfPossible({ settled: true });
  }
  if (unsynced !== undefined) throw unsynced;
  return clean;
}

/** Whether something was at the name, and so may have been put aside, here or by an earlier process. */
function madeRoom({ facts }: WorkLog): boolean {
  return facts.standing !== undefined;
}

/** What stays, as far as it is recorded. */
export function keptOf({ facts }: Pick<WorkLog, "facts">): readonly (MemberFact & KeptAt)[] {
  return facts.failed.flatMap((fact) => (fact.was === undefined ? [] : [{ ...fact, was: fact.was }]));
}

function tell(clearing: Clearing, { path, was, kind, code }: MemberFact & KeptAt): void {
  clearing.kept({ path, was, kind, error: new TreeError(code) });
}

/** @returns false where nothing of what is aside may be removed */
async function keepMembers({ folder }: FolderTreeContext, clearing: Clearing): Promise<boolean> {
  const { to, name, log } = clearing;
  const { names, timeNs } = log.facts;
  if (!madeRoom(log)) return true;
  const old = await folder.calls.find(to.at(names.aside));
  if (log.facts.sorted === true || old?.isDirectory() !== true || timeNs === undefined) return true;
  const from = await folder.enter(to, names.aside, name);
  try {
    const whole = await keepChanged(folder, {
      from,
      to,
      name,
      timeNs: BigInt(timeNs),
      note: async (path, was, kind) => {
        const fact = { path, was, kind, code: "changed" } as const;
        await log.addMember(fact).catch((cause: unknown) => {
          throw new TreeError("not-recorded", "what is kept could not be written down", { cause });
        });
        tell(clearing, fact);
      },
    });
    if (whole) await log.addIfPossible({ sorted: true });
    return whole;
  } finally {
    from.close();
  }
}

async function removeAside(
  context: FolderTreeContext,
  clearing: Clearing,
  removable: boolean,
): Promise<boolean> {
  const { folder } = context;
  const { to, name, log } = clearing;
  const { aside } = log.facts.names;
  const old = madeRoom(log) ? await folder.calls.find(to.at(aside)) : undefined;
  if (old === undefined) return true;
  const stays: Staying[] = [];
  const report = reportOf(log, stays);
  if (removable) {
    const gone = old.isDirectory()
      ? await removeDirectory(folder, to, aside, report, name)
      : await removeFile(folder, to, aside, report);
    if (gone) {
      // Else it could come back when nothing knows of it any more.
      await folder.calls.syncNames(to.self);
      return true;
    }
  }
  try {
    await showAside(context, clearing, { kind: old.isDirectory() ? "collection" : "document", stays });
    await folder.calls.syncNames(to.self);
    return true;
  } catch {
    // No right to rename it, or no name that is free.
    context.left(to.path);
    return false;
  }
}

interface Staying {
  readonly path: ResourcePath;
  readonly kind: Resource["kind"];
  readonly error: TreeError;
}

/** Gives what stays a name that shows it, and tells of it: of each member that could not be removed, or of the whole. */
async function showAside(
  { folder }: FolderTreeContext,
  { to, name, log, kept }: Clearing,
  { kind, stays }: { readonly kind: Resource["kind"]; readonly stays: readonly Staying[] },
): Promise<void> {
  const { aside } = log.facts.names;
  const was = memberPath(to.path, name);
  const shown = memberPath(
    to.path,
    await placeVisibly(folder, { from: to, fromName: aside, to, toName: name }),
  );
  const below = stays.filter(({ path }) => path !== memberPath(to.path, aside));
  for (const { path, kind: of, error } of below)
    kept({ path: rebase(path, was, shown), was: path, kind: of, error });
  const [first] = stays;
  if (below.length === 0)
    kept({
      path: shown,
      was,
      kind,
      error: first?.error ?? new TreeError("unavailable", "it could not be read"),
    });
}

function reportOf({ facts }: WorkLog, stays: Staying[]): RemovalReport {
  const since = facts.timeNs === undefined ? undefined : BigInt(facts.timeNs);
  const refusal = (_path: ResourcePath, stats: BigIntStats): TreeError | undefined =>
    since !== undefined && rewrittenSince(stats, since)
      ? new TreeError("changed", "another program changed it since it was put aside")
      : undefined;
  return {
    signal: undefined,
    staying: new Set(),
    done: () => {},
    failed: (path, kind, error) => void stays.push({ path, kind, error }),
    refusal,
  };
}
