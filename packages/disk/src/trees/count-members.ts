import { memberPath, type ResourcePath } from "@meanwhile/dav";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { treeError } from "../calls/errno.ts";
import { InFlight, type Room } from "../calls/in-flight.ts";
import { type Entry, readEntries } from "../paths/entries.ts";
import type { Directory, Folder } from "../paths/folder.ts";
import { mayBeResource } from "./list-members.ts";

/**
 * What the members are counted for. A COPY fails for those whose name is not valid UTF-8, so they count. A removal
 * deals with every link as with a document: whether it leads anywhere can change while it goes on.
 */
export type CountFor = "copy" | "removal";

/**
 * Tells how many members a directory has, at every depth, itself not counted. Directories that cannot be read count
 * as one member.
 * @param left members that are not counted, with all below them
 * @throws {TreeError} "stopped"
 */
export function countMembers(
  folder: Folder,
  directory: Directory,
  work: TreeWork,
  purpose: CountFor,
  left: ReadonlySet<ResourcePath> = work.skipped,
): Promise<void> {
  return countIn({ folder, work, purpose, left, room: folder.calls.many.room() }, directory);
}

interface Counting {
  readonly folder: Folder;
  readonly work: TreeWork;
  readonly purpose: CountFor;
  readonly left: ReadonlySet<ResourcePath>;
  /** For directories that are counted side by side. */
  readonly room: Room;
}

async function countIn(counting: Counting, directory: Directory): Promise<void> {
  const flight = new InFlight(counting.room);
  try {
    for await (const entries of readEntries(counting.folder.calls, directory, { aside: true })) {
      for (const name of await countEntries(counting, directory, entries)) {
        await flight.start(() => countBelow(counting, directory, name));
      }
    }
  } finally {
    await flight.landed();
  }
  flight.rethrow();
}

/** @returns the directories among them */
async function countEntries(
  { folder, work, purpose, left }: Counting,
  directory: Directory,
  entries: readonly Entry[],
): Promise<readonly string[]> {
  let found = 0;
  const below: string[] = [];
  const wait = folder.calls.pace.breathe();
  if (wait !== undefined) await wait;
  if (work.signal.aborted) throw new TreeError("stopped");
  for (const entry of entries) {
    if (left.size > 0 && left.has(memberPath(directory.path, entry.name))) continue;
    if (!entry.reachable) {
      if (purpose === "copy") found += 1;
      continue;
    }
    if (!mayBeResource(folder, directory, entry)) continue;
    if (entry.type === "link" && purpose === "copy") {
      const seen = await folder.lookIn(directory, entry.name);
      seen?.close();
      if (seen === undefined) continue;
    }
    if (entry.type === "directory") below.push(entry.name);
    found += 1;
  }
  if (found > 0) work.found(found);
  return below;
}

async function countBelow(counting: Counting, parent: Directory, name: string): Promise<void> {
  try {
    const directory = await counting.folder.enter(parent, name);
    try {
      await countIn(counting, directory);
    } finally {
      directory.close();
    }
  } catch (error) {
    // The work itself meets the same failure, and tells it.
    const failure = treeError(error);
    if (failure.code === "stopped") throw failure;
  }
}
