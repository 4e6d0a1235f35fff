import type { ResourcePath } from "@meanwhile/dav/path";
import { TreeError, type TreeWork } from "@meanwhile/server/store";
import { countMembers } from "./count-members.ts";
import { holdSource } from "./destination.ts";
import type { FolderTreeContext } from "./folder-tree.ts";
import { type RemovalReport, removeDirectory, removeFile } from "./remove-tree.ts";

/** Removes a resource with its dead properties, members first. */
export async function removeResource(
  context: FolderTreeContext,
  path: ResourcePath,
  work: TreeWork,
): Promise<void> {
  const { folder } = context;
  if (work.signal.aborted) throw new TreeError("stopped");
  const { directory, name, kind } = await holdSource(folder, path);
  try {
    work.found(1);
    if (kind === "document") {
      work.counted();
      await folder.calls.unlink(directory.at(name));
      await context.deadProperties.drop(path);
      work.done(path, kind);
      return;
    }
    const collection = await folder.enter(directory, name);
    try {
      await countMembers(folder, collection, work, "removal");
    } finally {
      collection.close();
    }
    work.counted();
  } finally {
    directory.close();
  }
  await removeOrTell(context, path, kind, {
    signal: work.signal,
    stays: (member) => work.skipped.has(member),
    done: (member, memberKind) => work.done(member, memberKind),
    failed: (member, memberKind, error) => work.failed(member, memberKind, error),
  });
}

/** Removes what can be removed and tells the rest; dead properties of what is gone go with it. */
export async function removeOrTell(
  context: FolderTreeContext,
  path: ResourcePath,
  kind: "collection" | "document",
  report: RemovalReport,
): Promise<void> {
  const { folder, deadProperties } = context;
  const { directory, name } = await holdSource(folder, path);
  let gone = false;
  try {
    const remove = kind === "collection" ? removeDirectory : removeFile;
    gone = await remove(folder, directory, name, report);
  } finally {
    directory.close();
    if (gone) await deadProperties.drop(path);
    else {
      await deadProperties.retain(path, async (member) => {
        const seen = await folder.look(member);
        seen?.close();
        return seen !== undefined;
      });
    }
  }
}
