import type { DavClient, Place } from "@meanwhile/client";
import { transferFolder } from "../run/transfer-folder.ts";
import type { FolderOptions } from "./folder-options.ts";
import type { FolderWork } from "./folder-work.ts";

/**
 * Gets what is in a collection into a local folder, which is created if need be. What is the same already is skipped,
 * and a document that was received in part is gone on with; what is another here is replaced, and nothing is deleted.
 *
 * Documents appear whole or not at all. Names that would lead out of the folder are refused, and no symbolic link in it
 * is followed.
 *
 * @throws {TypeError} for options that cannot be
 */
export function downloadFolder(
  client: DavClient,
  place: Place,
  folder: string,
  options: FolderOptions = {},
): FolderWork {
  return transferFolder({
    ...options,
    client,
    folder,
    place,
    direction: "down",
    delete: false,
    replace: false,
    overwrite: true,
  });
}
