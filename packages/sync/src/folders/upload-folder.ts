import type { DavClient, Place } from "@meanwhile/client";
import { transferFolder } from "../run/transfer-folder.ts";
import type { FolderOptions } from "./folder-options.ts";
import type { FolderWork } from "./folder-work.ts";

/**
 * Puts what is in a local folder into a collection, which is created if need be. What is the same already is skipped,
 * so doing it again goes on where it ended; what is another there is replaced, and nothing is deleted.
 *
 * @throws {TypeError} for options that cannot be
 */
export function uploadFolder(
  client: DavClient,
  folder: string,
  place: Place,
  options: FolderOptions = {},
): FolderWork {
  return transferFolder({
    ...options,
    client,
    folder,
    place,
    direction: "up",
    delete: false,
    replace: false,
    overwrite: true,
  });
}
