import type { DavClient, Place } from "@meanwhile/client";
import { misuse } from "@meanwhile/client/internal";
import { transferFolder } from "../run/transfer-folder.ts";
import type { SyncOptions } from "./folder-options.ts";
import type { FolderWork } from "./folder-work.ts";

/**
 * Makes a collection like a local folder, or the other way round. What was the same at the last sync is remembered, by
 * entity tag and time, so also a change that keeps the length is seen, and on which side it was made. What was changed
 * at the destination is a conflict: told, and left as it is unless `force` is set.
 *
 * With `delete`, what the source has not goes last, and only if each listing was whole and each transfer succeeded, and
 * never what the destination may have made of a name that was just written. What a server makes of names and contents is told once and remembered.
 *
 * @throws {TypeError} for options that cannot be
 */
export function syncFolder(
  client: DavClient,
  folder: string,
  place: Place,
  options: SyncOptions,
): FolderWork {
  const { direction, force = false } = options;
  if (direction !== "up" && direction !== "down") {
    throw misuse("ERR_INVALID_ARG_VALUE", 'direction must be "up" or "down"');
  }
  return transferFolder({
    ...options,
    ...{ client, folder, place, direction, overwrite: force },
    ...{ delete: options.delete ?? false, replace: options.replace ?? false },
  });
}
