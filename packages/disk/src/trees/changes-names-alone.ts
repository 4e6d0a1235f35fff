import type { ResourcePath } from "@meanwhile/dav";
import type { Directory } from "../paths/folder.ts";
import { holdSource } from "./destination.ts";
import type { FolderTreeContext } from "./folder-tree.ts";

/**
 * Whether a document's removal, or its move to a name that nothing has, changes names alone: nothing is copied, put aside
 * or given properties. The record of it then has to survive the end of the process, and no loss of power: that leaves
 * it made or not made; in the middle of a move, the document with both names. What cannot be told now is judged later.
 */
export async function changesNamesAlone(
  { folder, deadProperties }: Pick<FolderTreeContext, "folder" | "deadProperties">,
  source: ResourcePath,
  destination: ResourcePath | undefined,
): Promise<boolean> {
  const { calls } = folder;
  const paths = destination === undefined ? [source] : [source, destination];
  if (paths.some((path) => deadProperties.concern(path) || folder.mountsWithin(path).length > 0))
    return false;
  const held: Directory[] = [];
  try {
    const { directory: from, name, kind } = await holdSource(folder, source);
    held.push(from);
    if (kind !== "document") return false;
    if (destination === undefined) return true;
    const { directory: to, name: wanted } = await folder.parent(destination);
    held.push(to);
    if ((await calls.find(to.at(wanted))) !== undefined) return false;
    return (await calls.lstat(from.at(name))).dev === (await calls.lstat(to.at("."))).dev;
  } catch {
    return false;
  } finally {
    for (const directory of held) directory.close();
  }
}
