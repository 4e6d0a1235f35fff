import type { ResourcePath } from "@meanwhile/dav";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { type Directory, type Folder, walkedDirectory } from "../paths/folder.ts";
import type { CountWalk } from "../walks/count-walk.ts";
import type { MemberPlace } from "../walks/walk.ts";

/** What the members are counted for; see {@link CountWalk.purpose}. */
export type CountFor = CountWalk["purpose"];

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
  const { calls, state, pinning } = folder;
  const { self: from, path } = directory;
  const mounts = new Set(folder.mountsWithin(path));
  const job: CountWalk = { kind: "count", from, path, purpose, left, state, mounts, pinning };
  const countMounted = async (at: MemberPlace): Promise<void> => {
    try {
      const below = await folder.enter(walkedDirectory(at.path, at.from), at.name);
      try {
        await countMembers(folder, below, work, purpose, left);
      } finally {
        below.close();
      }
    } catch (error) {
      if (error instanceof TreeError && error.code === "stopped") throw error;
      // The work itself meets the same failure, and tells it.
    }
  };
  return calls.many.walk(from, job, {
    signal: work.signal,
    news: async ({ found, links }) => {
      if (found > 0) work.found(found);
      for (const link of links) if (await leadsToDocument(folder, link)) work.found(1);
    },
    stop: async (stop) => {
      if (stop.kind === "member") await countMounted(stop.at);
      return undefined;
    },
  });
}

async function leadsToDocument(folder: Folder, link: ResourcePath): Promise<boolean> {
  const seen = await folder.look(link);
  seen?.close();
  return seen !== undefined;
}
