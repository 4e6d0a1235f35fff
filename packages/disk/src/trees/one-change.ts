import type { DocumentChange } from "@meanwhile/server/store";
import type { Directory } from "../paths/folder.ts";
import { holdSource } from "./destination.ts";
import type { FolderTreeContext } from "./folder-tree-context.ts";

/**
 * Whether a document's removal, or its move or copy to a name that nothing has, is one change of names in the end: nothing is
 * put aside or given properties. The record of it then has to survive the end of the process, and no loss of power: that
 * leaves it made or not made; in the middle of a move, the document with both names; in that of a copy, a hidden file that the
 * next start removes. What cannot be told now is judged later.
 */
export async function isOneChange(
  { folder, deadProperties }: Pick<FolderTreeContext, "folder" | "deadProperties">,
  { method, source, destination }: DocumentChange,
): Promise<boolean> {
  const { calls } = folder;
  const paths = destination === undefined ? [source] : [source, destination];
  if (paths.some((path) => deadProperties.concern(path))) return false;
  const held: Directory[] = [];
  try {
    const { directory: from, kind, stats } = await holdSource(folder, source);
    held.push(from);
    if (kind !== "document") return false;
    if (destination === undefined) return true;
    const { directory: to, name: wanted } = await folder.parent(destination);
    held.push(to);
    if ((await calls.find(to.at(wanted))) !== undefined) return false;
    return method === "copy" || stats.dev === to.device;
  } catch {
    return false;
  } finally {
    for (const directory of held) directory.close();
  }
}
