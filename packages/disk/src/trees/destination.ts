import type { BigIntStats } from "node:fs";
import { isWithin, type ResourcePath } from "@meanwhile/dav";
import { type Resource, TreeError } from "@meanwhile/server/store";
import { refuseReadOnly } from "../documents/refuse-read-only.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { isAsSeen, parseSeen, seeName } from "../placing/see.ts";
import type { Standing } from "../works/work-facts.ts";
import type { FolderTreeContext } from "./folder-tree-context.ts";

/** Where a COPY or MOVE puts its result. */
export interface Destination {
  readonly directory: Directory;
  readonly name: string;
  /** What has the name, and was there when the request was judged. */
  readonly standing: Standing | undefined;
  /** The moment of the judgement, where a collection is there. */
  readonly timeNs: string | undefined;
  /** A document is there that something is mounted at: its content can be replaced, and not the file. */
  readonly mounted: boolean;
}

export interface Placeable {
  /** What is put there. */
  readonly kind: Resource["kind"];
  readonly replace: boolean;
  /** See {@link Placement.seen}. */
  readonly seen?: string;
}

/**
 * Holds the collection of a destination, and compares what is there with what was judged. Fails with "exists",
 * "changed", "name-refused", "denied".
 */
export async function holdDestination(
  { folder, temporaries }: Pick<FolderTreeContext, "folder" | "temporaries">,
  path: ResourcePath,
  { kind, replace, seen }: Placeable,
): Promise<Destination> {
  if (path === "/") throw new TreeError(replace ? "denied" : "exists");
  const { directory, name } = await folder.parent(path);
  try {
    const judged = parseSeen(seen ?? (await seeName({ folder, temporaries }, path, { members: replace })));
    const there = await folder.calls.find(directory.at(name));
    if (there === undefined) {
      refuseState(folder, path);
      return { directory, name, standing: undefined, timeNs: undefined, mounted: false };
    }
    const resource = await folder.lookIn(directory, name, there);
    resource?.close();
    if (resource === undefined)
      throw new TreeError("name-refused", "something that is no resource has this name");
    if (!replace) throw new TreeError("exists");
    refuseState(folder, path);
    const mounted = kind === "document" && there.isFile() && folder.mountsWithin(path).length > 0;
    if (!mounted) refuseMounts(folder, path);
    if (judged === undefined || !isAsSeen(there, judged))
      throw new TreeError("changed", "another program put something there since the request was judged");
    await refuseReadOnly(folder, directory, name, there);
    const { timeNs, ...standing } = judged;
    return { directory, name, standing, timeNs, mounted };
  } catch (error) {
    directory.close();
    throw error;
  }
}

/** Fails with "changed" where a source was to be as it was seen, and is not. */
export function refuseUnlessSeen(stats: BigIntStats, seen: string | undefined): void {
  if (seen !== undefined && !isAsSeen(stats, parseSeen(seen)))
    throw new TreeError("changed", "the source was changed since the request was judged");
}

/** Fails with "denied" where something is mounted at a path or below it. */
export function refuseMounts(folder: Folder, path: ResourcePath): void {
  const [mount] = folder.mountsWithin(path);
  if (mount !== undefined) throw new TreeError("denied", `something is mounted at ${mount}`);
}

/** Fails with "denied" where the state directory lies within the resource: it stays where it is. */
export function refuseState(folder: Folder, path: ResourcePath): void {
  if (folder.state !== undefined && isWithin(folder.state, path)) {
    throw new TreeError("denied", "the state directory is in this collection");
  }
}

/** Holds the collection that an existing resource is a member of. Fails with "not-found", "denied" for the root. */
export async function holdSource(
  folder: Folder,
  path: ResourcePath,
): Promise<{
  readonly directory: Directory;
  readonly name: string;
  readonly kind: "collection" | "document";
  /** What has the name, or the link to it. */
  readonly stats: BigIntStats;
}> {
  if (path === "/") throw new TreeError("denied", "the root of the tree stays as it is");
  if (!folder.reaches(path)) throw new TreeError("not-found");
  const { directory, name } = await absentParent(folder.parent(path));
  try {
    const stats = await folder.calls.find(directory.at(name));
    const seen = stats && (await folder.lookIn(directory, name, stats));
    seen?.close();
    if (stats === undefined || seen === undefined) throw new TreeError("not-found");
    return { directory, name, kind: seen.kind, stats };
  } catch (error) {
    directory.close();
    throw error;
  }
}

async function absentParent<T>(parent: Promise<T>): Promise<T> {
  try {
    return await parent;
  } catch (error) {
    if (error instanceof TreeError && error.code === "parent-missing") {
      throw new TreeError("not-found", undefined, { cause: error });
    }
    throw error;
  }
}
