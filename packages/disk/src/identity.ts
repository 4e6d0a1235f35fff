import type { BigIntStats } from "node:fs";

/** Which file or directory it is, whatever its name: device, inode, and the birth time where the system knows it. */
export type Identity = string;

export function identityOf({ dev, ino, birthtimeNs }: BigIntStats): Identity {
  return `${dev}:${ino}:${birthtimeNs}`;
}

/**
 * Whether somebody made it, or changed it, after a time of its file system. Of a directory only its making counts:
 * its times move with its members, which are judged themselves.
 *
 * @param timeNs nanoseconds since the epoch
 */
export function changedSince(stats: BigIntStats, timeNs: bigint): boolean {
  if (stats.birthtimeNs > timeNs) return true;
  return !stats.isDirectory() && stats.ctimeNs > timeNs;
}

/** As {@link changedSince}, for what was put out of everybody's sight: a link less elsewhere is no change to it. */
export function rewrittenSince(stats: BigIntStats, timeNs: bigint): boolean {
  if (stats.birthtimeNs > timeNs) return true;
  return !stats.isDirectory() && stats.mtimeNs > timeNs;
}
