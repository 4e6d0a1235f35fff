import type { BigIntStats } from "node:fs";

/**
 * Which file or directory it is, whatever its name: inode, and the birth time where the system knows it. Without the
 * device, whose number is another one after a restart of the machine: names are looked up where it was seen.
 */
export type Identity = string;

export function identityOf({ ino, birthtimeNs }: BigIntStats): Identity {
  return `${ino}:${birthtimeNs}`;
}

/**
 * Whether another program made it, or changed it, at a time of its file system or later. Of a directory only its making
 * counts: its times move with its members, which are judged themselves.
 *
 * @param timeNs nanoseconds since the epoch
 */
export function changedSince(stats: BigIntStats, timeNs: bigint): boolean {
  if (stats.birthtimeNs >= timeNs) return true;
  return !stats.isDirectory() && stats.ctimeNs >= timeNs;
}

/** As {@link changedSince}, for what was put out of everybody's sight: a link less elsewhere is no change to it. */
export function rewrittenSince(stats: BigIntStats, timeNs: bigint): boolean {
  if (stats.birthtimeNs >= timeNs) return true;
  return !stats.isDirectory() && stats.mtimeNs >= timeNs && stats.ctimeNs >= timeNs;
}
