import { type FileHandle, open, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { JournalError } from "./journal-error.ts";

/** What LMDB writes at the beginning of each of its two meta pages, after 24 bytes. */
const magic = 0xbeefc0de;
const magicOffset = 24;
const smallestPage = 4096;

/**
 * Checks that LMDB can open the file: it ends the process when it is given anything else.
 *
 * @throws {JournalError} "ERR_JOURNAL_CORRUPT"
 */
export async function checkDataFile(path: string): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return requireRoom(path);
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size === 0) return await requireRoom(path);
    const head = Buffer.alloc(magicOffset + 4);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const begins = bytesRead === head.length && head.readUInt32LE(magicOffset) === magic;
    if (!begins || size < 2 * smallestPage) throw damaged(path);
  } finally {
    await file.close();
  }
}

/**
 * Checks that the file is as long as LMDB believes: to read behind its end would end the process.
 *
 * @param stats what the open database says of itself
 * @throws {JournalError} "ERR_JOURNAL_CORRUPT"
 */
export async function checkLength(path: string, stats: unknown): Promise<void> {
  const { pageSize, lastPageNumber } = stats as {
    readonly pageSize?: number;
    readonly lastPageNumber?: number;
  };
  if (pageSize === undefined || lastPageNumber === undefined) return;
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size < (lastPageNumber + 1) * pageSize) throw damaged(path);
  } finally {
    await file.close();
  }
}

/** LMDB ends the process where a new file cannot take its first pages. */
async function requireRoom(path: string): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  if (bavail * bsize >= firstBytes) return;
  throw Object.assign(new Error(`there is no room for ${path}`), { code: "ENOSPC" });
}

/** What a data file takes at its beginning, and some more. */
const firstBytes = 256 * 1024;

function damaged(path: string): JournalError {
  return new JournalError("ERR_JOURNAL_CORRUPT", `the journal's file ${path} is damaged`);
}
