import { isWithin, type ResourcePath } from "@meanwhile/dav/path";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { stageAndPlace } from "./copy-resource.ts";
import { type Destination, holdDestination, holdSource, refuseState } from "./destination.ts";
import { isAbsent, isOtherFileSystem } from "./errno.ts";
import type { Directory } from "./folder.ts";
import type { FolderTreeContext } from "./folder-tree.ts";
import { putInPlace } from "./put-in-place.ts";
import { removeOrTell } from "./remove-resource.ts";

export interface MoveRequest {
  readonly source: ResourcePath;
  readonly destination: ResourcePath;
  readonly replace: boolean;
}

interface Source {
  readonly directory: Directory;
  readonly name: string;
  readonly kind: "collection" | "document";
}

/** Moves a resource: by renaming, or by copying and removing where members stay or another file system begins. */
export async function moveResource(
  context: FolderTreeContext,
  request: MoveRequest,
  work: TreeWork,
): Promise<{ readonly created: boolean }> {
  const { folder } = context;
  if (work.signal.aborted) throw new TreeError("stopped");
  const source = await holdSource(folder, request.source);
  try {
    if (isWithin(request.source, request.destination) || isWithin(request.destination, request.source)) {
      throw new TreeError("denied", "a resource cannot be moved into itself, or over its own collection");
    }
    refuseState(folder, request.source);
    const place = await holdDestination(
      folder,
      request.destination,
      await replacing(context, source, request),
    );
    try {
      if (work.skipped.size === 0 && (await renamed(context, source, place))) {
        await context.deadProperties.move(request.source, request.destination);
        work.found(1);
        work.counted();
        work.done(request.source, source.kind);
        return { created: place.standing === "absent" };
      }
    } finally {
      place.directory.close();
    }
    return await copyAndRemove(context, request, work);
  } finally {
    source.directory.close();
  }
}

/** Where names are case-insensitive, a change of case alone finds the source itself at the destination. */
async function replacing(
  { folder }: FolderTreeContext,
  source: Source,
  request: MoveRequest,
): Promise<{ readonly replace: boolean }> {
  if (request.replace || request.source.toLowerCase() !== request.destination.toLowerCase()) return request;
  const original = await folder.calls.lstat(source.directory.at(source.name));
  const seen = await folder.look(request.destination);
  seen?.close();
  return {
    replace: seen !== undefined && seen.stats.ino === original.ino && seen.stats.dev === original.dev,
  };
}

/** @returns false where that is not possible, with nothing changed */
async function renamed(context: FolderTreeContext, source: Source, place: Destination): Promise<boolean> {
  const { folder, temporaries } = context;
  const from = source.directory.at(source.name);
  const same = place.standing !== "absent" && (await isSame(context, from, place.directory.at(place.name)));
  const putting = {
    from: source.directory,
    fromName: source.name,
    kind: source.kind,
    to: place.directory,
    toName: place.name,
    standing: same ? "absent" : place.standing,
  } as const;
  try {
    if (!(await putInPlace(folder, temporaries, putting))) context.left(place.directory.path);
  } catch (error) {
    if (isOtherFileSystem(error)) return false;
    throw error;
  }
  // Two names (hard links) of one file: renaming one to the other does nothing (POSIX rename), so one is removed.
  if (
    same &&
    place.directory.path === source.directory.path &&
    differByMoreThanCase(source.name, place.name)
  ) {
    await unlinkIfThere(context, from);
  } else if (same && place.directory.path !== source.directory.path) await unlinkIfThere(context, from);
  return true;
}

function differByMoreThanCase(a: string, b: string): boolean {
  return a.toLowerCase() !== b.toLowerCase();
}

async function isSame({ folder }: FolderTreeContext, a: string, b: string): Promise<boolean> {
  const [one, other] = [await folder.calls.lstat(a), await folder.calls.lstat(b)];
  return one.ino === other.ino && one.dev === other.dev;
}

async function unlinkIfThere({ folder }: FolderTreeContext, path: string): Promise<void> {
  try {
    await folder.calls.unlink(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/** Members are told about only once it is certain whether they left, or stay. */
async function copyAndRemove(
  context: FolderTreeContext,
  request: MoveRequest,
  work: TreeWork,
): Promise<{ readonly created: boolean }> {
  const links = new Set<ResourcePath>();
  const { created, kind, left } = await stageAndPlace(context, { ...request, depth: "infinity" }, work, {
    done: () => {},
    failed: (path, failedKind, error) => work.failed(path, failedKind, error),
    linked: (path) => void links.add(path),
  });
  await removeOrTell(context, request.source, kind, {
    // The copy is in place: stopping now would leave everything twice.
    signal: undefined,
    stays: (path) => left.has(path),
    linkStays: (path) => !links.has(path),
    hiddenStays: true,
    done: (path, removedKind) => work.done(path, removedKind),
    failed: (path, failedKind, error) => work.failed(path, failedKind, error),
    kept: (path) => work.done(path, "collection"),
  });
  return { created };
}
