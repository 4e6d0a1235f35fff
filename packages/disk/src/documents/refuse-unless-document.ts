import type { BigIntStats } from "node:fs";
import { TreeError } from "@meanwhile/server/store";
import type { Directory, Folder } from "../paths/folder.ts";

/** What is at a name where a document is to be put. */
export interface Standing {
  readonly exists: boolean;
  /** The file, whose permissions and owner its successor gets. */
  readonly file: BigIntStats | undefined;
}

/** Fails where a document cannot be put at the name. */
export async function refuseUnlessDocument(
  folder: Folder,
  directory: Directory,
  name: string,
): Promise<Standing> {
  const stats = await folder.calls.find(directory.at(name));
  if (stats === undefined) return { exists: false, file: undefined };
  if (stats.isFile()) return { exists: true, file: stats };
  if (stats.isDirectory()) throw new TreeError("is-a-collection");
  if ((await folder.kindIn(directory, name)) === "hidden") throw new TreeError("name-refused");
  // A link that is a document: the link itself is replaced, and its target stays as it is.
  return { exists: true, file: undefined };
}
