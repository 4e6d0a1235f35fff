import { parentOf } from "@meanwhile/dav";
import type { DocumentChange, OneChange } from "@meanwhile/server/store";
import type { Directory } from "../paths/folder.ts";
import { holdSource } from "./destination.ts";
import type { FolderTreeContext } from "./folder-tree-context.ts";

/**
 * Whether a document's removal, or its move or copy to a name that nothing has, is one change of names in the end: nothing is
 * put aside or given properties. A loss of power leaves it made or not made; in the middle of a move, the document with both
 * names; in that of a copy, a hidden file that the next start removes. A move into another directory is made in steps where
 * names are synced: its old name goes once the new one is there for certain. What cannot be told now is judged later.
 */
export async function oneChange(
  { folder, deadProperties }: Pick<FolderTreeContext, "folder" | "deadProperties">,
  { method, source, destination }: DocumentChange,
): Promise<OneChange | undefined> {
  const { calls } = folder;
  if (deadProperties.concern(source)) return undefined;
  if (destination !== undefined && deadProperties.concern(destination)) return undefined;
  const held: Directory[] = [];
  try {
    const { directory: from, kind, stats } = await holdSource(folder, source);
    held.push(from);
    if (kind !== "document") return undefined;
    if (destination === undefined) return "at once";
    const { directory: to, name: wanted } = await folder.parent(destination);
    held.push(to);
    if ((await calls.find(to.at(wanted))) !== undefined) return undefined;
    if (method === "copy") return "at once";
    if (stats.dev !== to.device) return undefined;
    return calls.durability === "none" || parentOf(source) === parentOf(destination) ? "at once" : "in steps";
  } catch {
    return undefined;
  } finally {
    for (const directory of held) directory.close();
  }
}
