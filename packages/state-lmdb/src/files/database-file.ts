import { closeSync, fstatSync, ftruncateSync, openSync, readSync, statfsSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { StateError } from "../state-error.ts";

/** LMDB's number at the beginning of each of its two meta pages, and the layout of such a page. */
const magic = 0xbeefc0de;
const magicAt = 24;
const pageSizeAt = 48;
const lastPageAt = 144;
const transactionAt = 152;
const metaBytes = 160;

/** Pages at the end that were given out, but never written, can be missing in a file that is whole. */
const mostUnwritten = 64;

/**
 * Looks at a database file before LMDB maps it into memory, where a damaged or short file would end the process.
 * A file that does not exist, or is empty, is in order. One that lacks pages which were never written gets them.
 *
 * @returns what undoes that, where the database cannot be opened all the same
 * @throws {StateError} "corrupt"; "no-space" where a new file would not fit
 */
export function checkDatabaseFile(file: string, how: "mended" | "unchanged" = "mended"): () => void {
  let fd: number;
  try {
    fd = openSync(file, "r+");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") {
      requireRoom(file);
      return nothing;
    }
    throw new StateError("unusable", `the database ${file} cannot be opened for reading and writing`, {
      cause,
    });
  }
  try {
    const { size } = fstatSync(fd);
    if (size === 0) {
      requireRoom(file);
      return nothing;
    }
    const needed = neededBytes(fd);
    if (needed === undefined) throw new StateError("corrupt", `${file} is no database, or a damaged one`);
    if (size >= needed.bytes) return nothing;
    if (size < needed.bytes - mostUnwritten * needed.pageSize || size % needed.pageSize !== 0) {
      throw new StateError(
        "corrupt",
        `${file} is damaged: ${size} of at least ${needed.bytes} bytes are left`,
      );
    }
    if (how === "unchanged") return nothing;
    ftruncateSync(fd, needed.bytes);
    return () => truncateSync(file, size);
  } finally {
    closeSync(fd);
  }
}

const nothing = (): void => {};

/** LMDB ends the process where a new file cannot take its first pages. */
function requireRoom(file: string): void {
  const { bavail, bsize } = statfsSync(dirname(file));
  if (bavail * bsize >= firstBytes) return;
  throw new StateError("no-space", `there is no room for the database ${file}`);
}

/** What a database takes at its beginning, and some more. */
const firstBytes = 256 * 1024;

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
}

function neededBytes(fd: number): { readonly bytes: number; readonly pageSize: number } | undefined {
  const first = readMeta(fd, 0);
  if (first === undefined) return undefined;
  const second = readMeta(fd, first.pageSize);
  if (second === undefined) return undefined;
  const newest = second.transaction > first.transaction ? second : first;
  return { bytes: (newest.lastPage + 1) * first.pageSize, pageSize: first.pageSize };
}

function readMeta(fd: number, at: number): Meta | undefined {
  const page = Buffer.alloc(metaBytes);
  if (readSync(fd, page, 0, metaBytes, at) < metaBytes || page.readUInt32LE(magicAt) !== magic)
    return undefined;
  const pageSize = page.readUInt32LE(pageSizeAt);
  const powerOfTwo = (pageSize & (pageSize - 1)) === 0;
  if (pageSize < 512 || pageSize > 65_536 || !powerOfTwo) return undefined;
  return {
    pageSize,
    lastPage: Number(page.readBigUInt64LE(lastPageAt)),
    transaction: page.readBigUInt64LE(transactionAt),
  };
}
