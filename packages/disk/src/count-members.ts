import { memberPath, type ResourcePath } from "@meanwhile/dav/path";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { readEntries } from "./entries.ts";
import { treeError } from "./errno.ts";
import type { Directory, Folder } from "./folder.ts";
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
export async function countMembers(
  folder: Folder,
  directory: Directory,
  work: TreeWork,
  purpose: CountFor,
  left: ReadonlySet<ResourcePath> = work.skipped,
): Promise<void> {
  for await (const entries of readEntries(folder.calls, directory)) {
    let found = 0;
    const below: string[] = [];
    for (const entry of entries) {
      const wait = folder.calls.pace.breathe();
      if (wait !== undefined) await wait;
      if (work.signal.aborted) throw new TreeError("stopped");
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
    for (const name of below) await countBelow(folder, directory, name, { work, purpose, left });
  }
}

interface Counting {
  readonly work: TreeWork;
  readonly purpose: CountFor;
  readonly left: ReadonlySet<ResourcePath>;
}

async function countBelow(
  folder: Folder,
  parent: Directory,
  name: string,
  { work, purpose, left }: Counting,
): Promise<void> {
  try {
    const directory = await folder.enter(parent, name);
    try {
      await countMembers(folder, directory, work, purpose, left);
    } finally {
      directory.close();
    }
  } catch (error) {
    // The work itself meets the same failure, and tells it.
    const failure = treeError(error);
    if (failure.code === "stopped") throw failure;
  }
}
