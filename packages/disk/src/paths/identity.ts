import type { BigIntStats } from "node:fs";
import type { Calls } from "../calls/calls.ts";
import type { Directory } from "./folder.ts";
import { keepsInodes } from "./keeps-inodes.ts";

/**
 * Which file or directory it is, whatever its name: inode, and the birth time where the system knows it. Without the
 * device, whose number is another one after a restart of the machine: names are looked up where it was seen. Where a
 * file system keeps no inode numbers, the process that said it is added: for another one the birth time alone counts.
 */
export type Identity = string;

/** As long as this process runs. */
export function identityOf({ ino, birthtimeNs }: BigIntStats): Identity {
  return `${ino}:${birthtimeNs}`;
}

/** To be recorded. @param directory where it is */
export async function lastingIdentity(
  calls: Calls,
  directory: Pick<Directory, "self">,
  stats: BigIntStats,
): Promise<Identity> {
  const identity = identityOf(stats);
  return (await keepsInodes(calls, directory.self, stats.dev)) ? identity : `${identity}:${thisProcess}`;
}

/** Whether something is what was recorded, here or by an earlier process. */
export function isIdentity(stats: BigIntStats, recorded: Identity): boolean {
  const [ino, born, process] = recorded.split(":");
  if (process === undefined || process === thisProcess) return identityOf(stats) === `${ino}:${born}`;
  return born !== "0" && born === `${stats.birthtimeNs}`;
}

const thisProcess = `${process.pid}-${Math.trunc(performance.timeOrigin)}`;

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
