import type { BigIntStats } from "node:fs";
import { parentOf, type ResourcePath } from "@meanwhile/dav";
import { type Resource, TreeError } from "@meanwhile/server/store";
import { isAbsent } from "../calls/errno.ts";
import { nextFileSystemTime, slowTickMs } from "../paths/file-system-time.ts";
import type { Directory, Folder, Seen } from "../paths/folder.ts";
import { type Identity, identityOf, isIdentity, lastingIdentity } from "../paths/identity.ts";
import type { FolderTreeContext } from "../trees/folder-tree-context.ts";
import type { Standing } from "../works/work-facts.ts";

/** What had a name, and the time of the file system when it was seen, where its members matter. */
export interface SeenAtName extends Standing {
  readonly timeNs?: string;
}

/** Something at a path, as it was when it was looked at. */
export interface Look {
  /** The resource, let go; undefined where there is none. */
  readonly seen: Seen | undefined;
  /** {@link Sighting.seen} */
  readonly text: string;
}

type Context = Pick<FolderTreeContext, "folder" | "temporaries">;

/**
 * Looks at a path. Where its members matter, the clock of the file system is read before, when it ticks for the next
 * time: what was there has an older time, and what other programs do from now on has not.
 */
export async function see(
  context: Context,
  path: ResourcePath,
  options: { readonly members: boolean },
): Promise<Look> {
  const { folder } = context;
  if (parentOf(path) === undefined) {
    const root = await folder.look(path);
    root?.close();
    if (root === undefined) return nothing;
    return { seen: root, text: toText(root.kind, identityOf(root.stats), root.stats, undefined) };
  }
  const place = await parentIfThere(folder, path);
  if (place === undefined) return nothing;
  const { directory, name } = place;
  try {
    return await seeIn(context, { directory, name, ...options });
  } catch (error) {
    if (isAbsent(error)) return nothing;
    throw error;
  } finally {
    directory.close();
  }
}

async function parentIfThere(folder: Folder, path: ResourcePath): Promise<Place | undefined> {
  try {
    return await folder.parent(path);
  } catch (error) {
    const code = error instanceof TreeError ? error.code : undefined;
    if (code === "parent-missing" || code === "name-refused") return undefined;
    throw error;
  }
}

/** What {@link see} says of a path, as text. */
export async function seeName(
  context: Context,
  path: ResourcePath,
  options: { readonly members: boolean },
): Promise<string> {
  return (await see(context, path, options)).text;
}

const nothing: Look = { seen: undefined, text: "absent" };

interface Place {
  readonly directory: Directory;
  readonly name: string;
}

async function seeIn(
  { folder, temporaries }: Context,
  { directory, name, members }: Place & { readonly members: boolean },
): Promise<Look> {
  let timeNs: bigint | undefined;
  if (members && (await folder.calls.find(directory.at(name)))?.isDirectory() === true) {
    const clock = await temporaries.take(directory.path, "clock");
    try {
      timeNs = await nextFileSystemTime(folder, directory, clock.name, slowTickMs);
    } finally {
      clock.release();
    }
  }
  const stats = await folder.calls.find(directory.at(name));
  const seen = stats && (await folder.lookIn(directory, name, stats));
  if (stats === undefined || seen === undefined) return nothing;
  seen.close();
  const there = seen.link ? stats : seen.stats;
  const identity = await lastingIdentity(folder.calls, directory, there);
  return { seen, text: toText(seen.kind, identity, there, timeNs) };
}

/** Reads what {@link see} wrote; undefined where nothing was there. */
export function parseSeen(text: string): SeenAtName | undefined {
  if (text === "absent") return undefined;
  const [kind, identity, ctimeNs, timeNs] = text.split(" ");
  if ((kind !== "collection" && kind !== "document") || identity === undefined || ctimeNs === undefined) {
    throw new TreeError("changed", "what was seen was recorded by another version");
  }
  return { kind, identity, ctimeNs, ...(timeNs === undefined ? {} : { timeNs }) };
}

/** Whether something is what was seen: the same collection, or the same document with the content that it had. */
export function isAsSeen(stats: BigIntStats, seen: Standing | undefined): boolean {
  return isSameAsSeen(stats, seen) && (stats.isDirectory() || `${stats.ctimeNs}` === seen?.ctimeNs);
}

/** Whether something is the resource that was seen, with whatever content. */
export function isSameAsSeen(stats: BigIntStats, seen: Standing | undefined): boolean {
  return (
    seen !== undefined &&
    isIdentity(stats, seen.identity) &&
    stats.isDirectory() === (seen.kind === "collection")
  );
}

function toText(
  kind: Resource["kind"],
  identity: Identity,
  stats: BigIntStats,
  timeNs: bigint | undefined,
): string {
  return [kind, identity, stats.ctimeNs, ...(timeNs === undefined ? [] : [timeNs])].join(" ");
}
