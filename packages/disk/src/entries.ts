import type { Dir, Dirent } from "node:fs";
import type { Calls } from "./calls.ts";
import { isAbsent } from "./errno.ts";
import type { Directory } from "./folder.ts";

/** A name in a directory, as the directory itself tells it. */
export interface Entry {
  readonly name: string;
  readonly type: "file" | "directory" | "link" | "other";
  /** False where the name on disk is not valid UTF-8, so that `name` does not reach it. */
  readonly reachable: boolean;
}

const batchSize = 256;

/** Reads a directory in batches. Ending the iteration early closes it. */
export async function* readEntries(
  calls: Calls,
  directory: Directory,
): AsyncGenerator<readonly Entry[], void, void> {
  const handle = await calls.opendir(directory.self);
  try {
    for (let batch: readonly Entry[] = await nextBatch(calls, directory, handle); batch.length > 0; ) {
      yield batch;
      batch = await nextBatch(calls, directory, handle);
    }
  } finally {
    await handle.close();
  }
}

/** Names of a directory that are not valid UTF-8, as bytes. At most 10,000. */
export async function readUnreachable(calls: Calls, directory: Directory): Promise<readonly Buffer[]> {
  const handle = await calls.opendir(directory.self, "buffer");
  const names: Buffer[] = [];
  try {
    for (let entry = await calls.readdir(handle); entry !== null; entry = await calls.readdir(handle)) {
      const name: unknown = entry.name;
      if (Buffer.isBuffer(name) && !name.equals(Buffer.from(name.toString()))) names.push(name);
      if (names.length === 10_000) break;
    }
  } finally {
    await handle.close();
  }
  return names;
}

async function nextBatch(calls: Calls, directory: Directory, handle: Dir): Promise<readonly Entry[]> {
  const batch: Entry[] = [];
  while (batch.length < batchSize) {
    const read = calls.readdir(handle);
    const entry = read instanceof Promise ? await read : read;
    if (entry === null) break;
    const reachable = !entry.name.includes("\uFFFD") || (await isThere(calls, directory.at(entry.name)));
    batch.push({ name: entry.name, type: typeOf(entry), reachable });
  }
  return batch;
}

async function isThere(calls: Calls, path: string): Promise<boolean> {
  try {
    await calls.lstat(path);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

function typeOf(entry: Dirent): Entry["type"] {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "directory";
  return entry.isSymbolicLink() ? "link" : "other";
}
