import type { BigIntStats } from "node:fs";
import { memberPath } from "@meanwhile/dav";
import { type Kept, type Resource, TreeError } from "@meanwhile/server/store";
import { completeOverwriting, overwrite, setModified } from "../documents/overwrite.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { type Identity, identityOf, isIdentity } from "../paths/identity.ts";
import { removeFile, silently } from "../trees/remove-tree.ts";
import type { WorkLog } from "../works/works.ts";
import { type Placed, placeNew, placeVisibly } from "./place-new.ts";
import { isAsSeen } from "./see.ts";

/** Something that is to get a name, and the name. */
export interface Placing {
  readonly from: Directory;
  readonly fromName: string;
  readonly kind: Resource["kind"];
  readonly identity: Identity;
  readonly to: Directory;
  readonly toName: string;
  /** What is recorded of the work: what had the name when it was judged, and the reserved name that makes room. */
  readonly log: WorkLog;
  /** Whether something that has the name may be replaced. */
  readonly replace: boolean;
  /** Told where what made room could not get its own name again. */
  kept(kept: Kept): void;
}

/**
 * Gives something its name. Only what had the name when the request was judged makes room: a document for a document
 * by one rename; else it is put aside first, and brought back should the placing fail. Removing it is the caller's.
 *
 *     standing at its name ──▶ standing aside, nothing at the name ──▶ placed
 *
 * Each of the three is told by what has the names, so whoever is ended in the middle can go on from there. Between the
 * last look at a document and the rename that replaces it another program has microseconds: Node has no call that
 * compares and replaces.
 *
 * @throws {TreeError} "changed" where another program put something else at the name since; "exists" where nothing
 *   may be replaced
 */
export async function place(folder: Folder, placing: Placing): Promise<Exclude<Placed, false>> {
  const { calls } = folder;
  const { from, fromName, to, toName, kind, log } = placing;
  const { standing, names } = log.facts;
  if (log.facts.mounted === true) {
    await placeMounted(folder, placing);
    return "placed";
  }
  const there = await calls.find(to.at(toName));
  if (there !== undefined && isIdentity(there, placing.identity)) {
    await dropStagedName(folder, placing);
    return "placed";
  }
  const isAside = standing !== undefined && (await calls.find(to.at(names.aside))) !== undefined;
  if (there !== undefined && standing !== undefined && !isAside) {
    if (!isAsSeen(there, standing)) throw taken(placing);
    if (kind === "document" && standing.kind === "document") {
      await calls.rename(from.at(fromName), to.at(toName));
      return "placed";
    }
    await calls.rename(to.at(toName), to.at(names.aside));
    if (!isUnwritten(await calls.lstat(to.at(names.aside)), there)) {
      await showAgain(folder, placing);
      throw taken(placing);
    }
  }
  let placed: Placed = false;
  try {
    placed = await placeNew(folder, placing, log);
  } finally {
    if (!placed) await showAgain(folder, placing);
  }
  if (!placed) throw taken(placing);
  return placed;
}

async function showAgain(folder: Folder, { to, toName, log, kept }: Placing): Promise<void> {
  const { names, standing } = log.facts;
  const shown = await bringBack(folder, { to, toName, aside: names.aside, log });
  if (shown === undefined || shown === toName || standing === undefined) return;
  const error = new TreeError("changed", "another program has taken its name");
  kept({ path: memberPath(to.path, shown), was: memberPath(to.path, toName), kind: standing.kind, error });
}

/** Copies what is staged over a document that something is mounted at. Its old content is aside meanwhile. */
async function placeMounted(folder: Folder, placing: Placing): Promise<void> {
  const { calls } = folder;
  const { from, fromName, to, toName, log } = placing;
  const { standing, names, overwriting, overwritten } = log.facts;
  if (overwritten !== true) {
    const files = { directory: to, name: toName, draft: fromName, backup: names.aside };
    const { mtimeMs } = await calls.lstat(from.at(fromName));
    if (overwriting === true) await completeOverwriting(folder, files);
    else {
      const there = await calls.find(to.at(toName));
      if (there === undefined || !isAsSeen(there, standing)) throw taken(placing);
      // What an earlier process had copied, when it had not said so yet.
      await removeFile(folder, to, names.aside, silently);
      const record = () => log.addSynced({ overwriting: true });
      await overwrite(folder, files, { clock: () => Number(mtimeMs), record });
    }
    await setModified(folder, to.at(toName), { accessedMs: Number(mtimeMs), modifiedMs: Number(mtimeMs) });
    await log.addSynced({ overwritten: true });
  }
  for (const hidden of [names.aside, fromName]) await removeFile(folder, to, hidden, silently);
}

interface Aside {
  readonly to: Directory;
  readonly toName: string;
  readonly aside: string;
  readonly log?: WorkLog;
}

/**
 * Gives what was put aside its name again, or one that says that it was kept where another program took that.
 * @returns the name; undefined where nothing was aside
 */
export async function bringBack(
  folder: Folder,
  { to, toName, aside, log }: Aside,
): Promise<string | undefined> {
  if ((await folder.calls.find(to.at(aside))) === undefined) return undefined;
  return placeVisibly(folder, { from: to, fromName: aside, to, toName }, log);
}

/** Whether something is what was looked at, and was not written since; being renamed moves its time of change. */
function isUnwritten(now: BigIntStats, then: BigIntStats): boolean {
  if (identityOf(now) !== identityOf(then)) return false;
  return now.isDirectory() || (now.mtimeNs === then.mtimeNs && now.size === then.size);
}

/** A file that is placed can have the name yet that it was staged under. */
async function dropStagedName({ calls }: Folder, { from, fromName, identity, kind }: Placing): Promise<void> {
  if (kind === "collection") return;
  const there = await calls.find(from.at(fromName));
  if (there !== undefined && isIdentity(there, identity)) await calls.unlink(from.at(fromName));
}

function taken({ replace }: Placing): TreeError {
  return replace
    ? new TreeError(
        "changed",
        "another program put something at the destination since the request was judged",
      )
    : new TreeError("exists", "another program put something at the destination");
}
