import { closeSync, constants } from "node:fs";
import type { Directory, Folder } from "./folder.ts";

/** Reads the clock of a directory's file system, by the time of a file made there. Nanoseconds since the epoch. */
export async function fileSystemTime(folder: Folder, directory: Directory, name: string): Promise<bigint> {
  const at = directory.at(name);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
  const fd = await folder.calls.open(at, flags, 0o600);
  try {
    return (await folder.calls.fstat(fd)).ctimeNs;
  } finally {
    closeSync(fd);
    await folder.calls.unlink(at);
  }
}
