import type { BigIntStats } from "node:fs";
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { type Resource, TreeError } from "@meanwhile/server/store";
import { isTaken } from "../calls/errno.ts";
import { type Entry, readEntries } from "../paths/entries.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { changedSince } from "../paths/identity.ts";
import { isReservedName, keptName } from "../paths/names.ts";
import { placeVisibly } from "./place-new.ts";

export interface KeepChanged {
  /** What was put aside, known by the path that it had. */
  readonly from: Directory;
  /** The collection, and the name in it, of what took its place. */
  readonly to: Directory;
  readonly name: string;
  /** The time of the file system when the request was judged. */
  readonly timeNs: bigint;
  /** Told of each member that has a place again: where it is, and where it was. */
  note(path: ResourcePath, was: ResourcePath, kind: Resource["kind"]): Promise<void>;
}

/**
 * Other programs changed members of a collection since the request was judged that replaces it. Whatever is as new as
 * that moment or newer gets its path again in what took its place, or a name beside it that says that it was kept.
 *
 * @returns false where members could not be looked at, or moved: nothing of what is aside may be removed then
 */
export async function keepChanged(folder: Folder, keeping: KeepChanged): Promise<boolean> {
  const { from, to, name, timeNs } = keeping;
  const stats = await folder.calls.lstat(from.at("."));
  return keepMembers(folder, keeping, {
    from,
    namesChanged: stats.mtimeNs >= timeNs,
    into: lazily(() => enterOrMake(folder, to, name)),
  });
}

interface Level {
  readonly from: Directory;
  /** Names in it came or went since. */
  readonly namesChanged: boolean;
  /** Where its members are put. */
  readonly into: Lazy;
}

async function keepMembers(folder: Folder, keeping: KeepChanged, level: Level): Promise<boolean> {
  const { from, into } = level;
  let whole = true;
  try {
    for await (const entries of readEntries(folder.calls, from)) {
      for (const entry of entries) {
        const wait = folder.calls.pace.breathe();
        if (wait !== undefined) await wait;
        if (!(await keepEntry(folder, keeping, level, entry))) whole = false;
      }
    }
  } catch {
    // It cannot be read, for the moment or at all: what is in it, and how new, is not known.
    whole = false;
  } finally {
    into.close();
  }
  return whole;
}

/** @returns false where it is not known to be older, and stays where it is */
async function keepEntry(
  folder: Folder,
  keeping: KeepChanged,
  { from, namesChanged, into }: Level,
  { name, reachable }: Entry,
): Promise<boolean> {
  // A name that is not valid UTF-8 cannot be looked at; one that came since cannot be told from the others.
  if (!reachable) return !namesChanged;
  if (isReservedName(name)) return true;
  try {
    const stats = await folder.calls.find(from.at(name));
    if (stats === undefined) return true;
    if (isTheirs(stats, keeping.timeNs)) {
      await moveOut(folder, keeping, { from, into }, name, stats);
      return true;
    }
    if (!stats.isDirectory()) return true;
    const below = { from, into, name, namesChanged: stats.mtimeNs >= keeping.timeNs };
    const whole = await keepBelow(folder, keeping, below);
    if (whole && namesChanged && below.namesChanged && !(await isEmpty(folder, from, name)))
      await moveOut(folder, keeping, { from, into }, name, stats);
    return whole;
  } catch {
    // Its removal, which fails as well, tells why.
    return false;
  }
}

/**
 * Whether another program made, changed or moved it since. Members move a directory's times of change and modification
 * at once, being moved changes only the first. (One that was moved here and got members then is not told from one that
 * got members: where names came to the directory above it as well, it stays with all that is in it.)
 */
function isTheirs(stats: BigIntStats, timeNs: bigint): boolean {
  return changedSince(stats, timeNs) || (stats.ctimeNs >= timeNs && stats.ctimeNs > stats.mtimeNs);
}

async function moveOut(
  folder: Folder,
  keeping: KeepChanged,
  { from, into }: Pick<Level, "from" | "into">,
  name: string,
  stats: BigIntStats,
): Promise<void> {
  const to = await into.open();
  const now = await placeVisibly(folder, { from, fromName: name, to, toName: name });
  const kind = stats.isDirectory() ? "collection" : "document";
  await keeping.note(memberPath(to.path, now), memberPath(from.path, name), kind);
}

async function isEmpty(folder: Folder, from: Directory, name: string): Promise<boolean> {
  const directory = await folder.enter(from, name);
  try {
    for await (const entries of readEntries(folder.calls, directory)) if (entries.length > 0) return false;
    return true;
  } finally {
    directory.close();
  }
}

async function keepBelow(
  folder: Folder,
  keeping: KeepChanged,
  { from, into, name, namesChanged }: Level & { readonly name: string },
): Promise<boolean> {
  const below = await folder.enter(from, name);
  try {
    return await keepMembers(folder, keeping, {
      from: below,
      namesChanged,
      into: lazily(async () => enterOrMake(folder, await into.open(), name)),
    });
  } finally {
    below.close();
  }
}

/** Enters the directory of this name, or makes it; under another name where something else has this one. */
async function enterOrMake(folder: Folder, into: Directory, name: string): Promise<Directory> {
  for (let number = 0; number < 1000; number += 1) {
    const free = number === 0 ? name : keptName(name, number);
    const there = await folder.calls.find(into.at(free));
    if (there !== undefined && !there.isDirectory()) continue;
    try {
      if (there === undefined) {
        await folder.calls.mkdir(into.at(free));
        await folder.calls.syncNames(into.self);
      }
    } catch (error) {
      if (!isTaken(error)) throw error;
      continue;
    }
    return folder.enter(into, free);
  }
  throw new TreeError("busy", "all names for what is kept are taken");
}

/** A directory that is only held, and only made, where it is needed. */
interface Lazy {
  open(): Promise<Directory>;
  close(): void;
}

function lazily(make: () => Promise<Directory>): Lazy {
  let made: Promise<Directory> | undefined;
  let held: Directory | undefined;
  return {
    open: async () => {
      made ??= make();
      held = await made;
      return held;
    },
    close: () => held?.close(),
  };
}
