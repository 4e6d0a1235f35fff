import type { BigIntStats } from "node:fs";
import { constants } from "node:fs";
import { TreeError } from "@meanwhile/server/store";
import { hasNoLinks, isOccupied, isTaken } from "../calls/errno.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { identityOf, isIdentity, lastingIdentity } from "../paths/identity.ts";
import { keptName } from "../paths/names.ts";
import type { WorkFacts } from "../works/work-facts.ts";

/** Something that has a name, and the name that it is to get. */
export interface Renaming {
  readonly from: Directory;
  readonly fromName: string;
  readonly to: Directory;
  readonly toName: string;
}

/** Where is recorded what is made to take a name, for a process that goes on from here. */
export interface PlaceholderLog {
  /** Besides, what the placeholder was made for: it is no placeholder itself. */
  readonly facts: Pick<WorkFacts, "placeholder"> & Partial<Pick<WorkFacts, "staged" | "identity">>;
  add(fact: Required<Pick<WorkFacts, "placeholder">>): Promise<void>;
  /** As `add`, and it survives a loss of power. */
  addSynced(fact: Required<Pick<WorkFacts, "placeholder">>): Promise<void>;
}

/** False: something has the name, and nothing is changed. "synced": the new name survives a loss of power already. */
export type Placed = false | "placed" | "synced";

/**
 * Gives something a name that nothing has, by calls that replace nothing: a file gets it as its second name (link) and
 * loses the first one; a directory is renamed over an empty one that was made there. Where the file system has no
 * second names, the file replaces an empty one that was made there exclusively.
 */
export async function placeNew(folder: Folder, renaming: Renaming, log?: PlaceholderLog): Promise<Placed> {
  const { calls } = folder;
  const { from, fromName, to, toName } = renaming;
  const stats = await calls.lstat(from.at(fromName));
  if (stats.isDirectory()) return placeDirectory(folder, renaming, log);
  if (!stats.isFile()) return replaceEmptyFile(folder, renaming, log);
  const isElsewhere = from.path !== to.path;
  let isMoved = false;
  try {
    if (isElsewhere && calls.durability !== "none") await calls.link(from.at(fromName), to.at(toName));
    else isMoved = await calls.linkAndUnlink(from.at(fromName), to.at(toName), stats);
  } catch (error) {
    if (isTaken(error)) return false;
    if (!hasNoLinks(error)) throw error;
    return replaceEmptyFile(folder, renaming, log);
  }
  if (isMoved) return isElsewhere ? "synced" : "placed";
  try {
    // No source goes before the new name is there for certain; what is staged goes with the next sync.
    if (isElsewhere) await calls.syncNames(to.self);
    await dropName(folder, from, fromName, stats);
  } catch (error) {
    await dropName(folder, to, toName, stats);
    throw error;
  }
  return isElsewhere ? "synced" : "placed";
}

/**
 * As {@link placeNew}, under a name that says that it was kept where its own is taken.
 * @returns the name
 */
export async function placeVisibly(
  folder: Folder,
  renaming: Renaming,
  log?: PlaceholderLog,
): Promise<string> {
  for (let number = 0; number < 1000; number += 1) {
    const toName = number === 0 ? renaming.toName : keptName(renaming.toName, number);
    if (await placeNew(folder, { ...renaming, toName }, number === 0 ? log : undefined)) return toName;
  }
  throw new TreeError("busy", "all names for what is kept are taken");
}

/** What an earlier process may have made to take a name, and had nothing put in its place. */
export async function removePlaceholder(
  { calls }: Folder,
  to: Directory,
  toName: string,
  { facts }: Pick<PlaceholderLog, "facts">,
): Promise<void> {
  const { placeholder, staged, identity } = facts;
  if (placeholder === undefined || placeholder === "none") return;
  const there = await calls.find(to.at(toName));
  if (there === undefined) return;
  // It was placed: a loss of power can take the lines that came after.
  if ([staged, identity].some((placed) => placed !== undefined && isIdentity(there, placed))) return;
  // Not known, it is told by being empty: another program made it only if it came in the moment before.
  if (placeholder !== "unknown" && !isIdentity(there, placeholder)) return;
  try {
    if (there.isDirectory()) await calls.rmdir(to.at(toName));
    else if (there.isFile() && there.size === 0n) await calls.unlink(to.at(toName));
  } catch (error) {
    // Another program has put something in it.
    if (!isOccupied(error)) throw error;
  }
}

async function placeDirectory(
  folder: Folder,
  renaming: Renaming,
  log: PlaceholderLog | undefined,
): Promise<Placed> {
  const { calls } = folder;
  const { from, fromName, to, toName } = renaming;
  const made = await claimName(folder, renaming, log, () => calls.mkdir(to.at(toName), 0o700));
  if (made === undefined) return false;
  try {
    await calls.rename(from.at(fromName), to.at(toName));
    return "placed";
  } catch (error) {
    if (isOccupied(error)) return false;
    await removeMade(folder, renaming, made);
    throw error;
  }
}

async function replaceEmptyFile(
  folder: Folder,
  renaming: Renaming,
  log: PlaceholderLog | undefined,
): Promise<Placed> {
  const { calls } = folder;
  const { from, fromName, to, toName } = renaming;
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const made = await claimName(folder, renaming, log, async () =>
    calls.close(await calls.open(to.at(toName), flags, 0o600)),
  );
  if (made === undefined) return false;
  const there = await calls.find(to.at(toName));
  const untouched = there !== undefined && identityOf(there) === identityOf(made) && there.size === 0n;
  if (!untouched) return false;
  try {
    await calls.rename(from.at(fromName), to.at(toName));
    return "placed";
  } catch (error) {
    await removeMade(folder, renaming, made);
    throw error;
  }
}

/** Makes something that has the name. @returns what was made; undefined where the name is taken */
async function claimName(
  folder: Folder,
  { to, toName }: Renaming,
  log: PlaceholderLog | undefined,
  make: () => unknown,
): Promise<BigIntStats | undefined> {
  const { calls } = folder;
  if (log !== undefined) await removePlaceholder(folder, to, toName, log);
  // Before it is made: after a loss of power it would be taken for another program's.
  await log?.addSynced({ placeholder: "unknown" });
  try {
    await make();
  } catch (error) {
    // What has the name, however empty, is another program's.
    await log?.add({ placeholder: "none" });
    if (isTaken(error)) return undefined;
    throw error;
  }
  const made = await calls.lstat(to.at(toName));
  if (log !== undefined) await log.add({ placeholder: await lastingIdentity(calls, to, made) });
  return made;
}

async function removeMade({ calls }: Folder, { to, toName }: Renaming, made: BigIntStats): Promise<void> {
  try {
    if (made.isDirectory()) await calls.rmdir(to.at(toName));
    else await calls.unlink(to.at(toName));
  } catch {
    // Another program has put something in it, or has taken it away.
  }
}

/** Removes one of two names, unless it means something else by now. */
async function dropName({ calls }: Folder, from: Directory, name: string, stats: BigIntStats): Promise<void> {
  const there = await calls.find(from.at(name));
  if (there !== undefined && identityOf(there) === identityOf(stats)) await calls.unlink(from.at(name));
}
