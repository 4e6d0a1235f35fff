import type { Calls } from "../calls/calls.ts";

/**
 * Whether the file system that a directory is on keeps the numbers of inodes over a mount.
 * @param device that it is on: each is asked once
 */
export async function keepsInodes(
  calls: Pick<Calls, "inodesKept" | "statfs">,
  directory: string,
  device: bigint,
): Promise<boolean> {
  const known = calls.inodesKept.get(device);
  if (known !== undefined) return known;
  const kept = keepsInodesOn((await calls.statfs(directory)).type);
  calls.inodesKept.set(device, kept);
  return kept;
}

/** @param type a file system, by its number in statfs(2) */
export function keepsInodesOn(type: bigint): boolean {
  return !withoutInodes.has(type);
}

/** File systems, by the numbers that Linux gives their types (statfs(2)), that make up inode numbers at each mount. */
const withoutInodes: ReadonlySet<bigint> = new Set([
  0x4d44n, // FAT
  0x2011bab0n, // exFAT
  0x65735546n, // FUSE, whatever is behind it
  0x517bn, // SMB
  0xfe534d42n, // SMB 2
  0xff534d42n, // CIFS
  0x01021997n, // 9P
  0x794c7630n, // overlay, of directories on several file systems
]);
