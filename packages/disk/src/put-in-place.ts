import type { Directory, Folder, NameKind } from "./folder.ts";
import { removeDirectory, removeFile, silently } from "./remove-tree.ts";
import type { Temporaries } from "./temporaries.ts";

/** Something that is to get a name, and the name. */
export interface Putting {
  readonly from: Directory;
  readonly fromName: string;
  readonly kind: "collection" | "document";
  readonly to: Directory;
  readonly toName: string;
  /** What has the name now. */
  readonly standing: NameKind;
}

/**
 * Gives something its name, by renaming. A document replaces a document in one step. Otherwise what has the name is
 * put aside first, brought back should the renaming fail (or this process end), and removed afterwards.
 *
 * @returns false if what was put aside could not be removed wholly, and stays hidden until the next start
 */
export async function putInPlace(
  folder: Folder,
  temporaries: Temporaries,
  putting: Putting,
): Promise<boolean> {
  const { from, fromName, kind, to, toName, standing } = putting;
  const rename = () => folder.calls.rename(from.at(fromName), to.at(toName));
  if (standing === "absent" || (standing === "document" && kind === "document")) {
    await rename();
    return true;
  }
  const aside = await temporaries.take(to.path, "aside");
  let clean = true;
  try {
    const settled = await temporaries.putAside({ directory: to.path, name: aside.name, original: toName });
    await folder.calls.rename(to.at(toName), to.at(aside.name));
    try {
      await rename();
    } catch (error) {
      await folder.calls.rename(to.at(aside.name), to.at(toName));
      await settled();
      throw error;
    }
    await settled();
    const remove = standing === "collection" ? removeDirectory : removeFile;
    clean = await remove(folder, to, aside.name, silently);
    return clean;
  } finally {
    if (clean) aside.release();
  }
}
