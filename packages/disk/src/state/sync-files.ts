/** Syncs of the state's files at the start, when there are no requests that wait. */
import { closeSync, fsyncSync, openSync } from "node:fs";
import { isUnsyncable } from "../calls/errno.ts";

/** What was written to a file survives a loss of power. */
export function syncFile(path: string): void {
  syncAtOnce(path, "r+");
}

/** The names in a directory do. Windows cannot, and need not; nor can some file systems. */
export function syncNames(directory: string): void {
  if (process.platform !== "win32") syncAtOnce(directory, "r");
}

function syncAtOnce(path: string, flags: "r" | "r+"): void {
  const fd = openSync(path, flags);
  try {
    fsyncSync(fd);
  } catch (error) {
    if (!isUnsyncable(error)) throw error;
  } finally {
    closeSync(fd);
  }
}
