// @ts-check
import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from "node:fs";

const inMemory = "/dev/shm";
/** What the largest test needs, and as much again. */
const leastFreeBytes = 2 ** 31;

/**
 * Makes a folder in memory for what tests write, so that they wait for no disk: what a sync is for is judged by tests of
 * calls and of power cuts, not by the time that it takes.
 *
 * @returns {string | undefined} its path; undefined where this system has no memory file system, or too little room
 */
export function makeQuickFolder() {
  try {
    accessSync(inMemory, constants.W_OK);
    const { bavail, bsize } = statfsSync(inMemory);
    if (bavail * bsize < leastFreeBytes) return undefined;
    const folder = mkdtempSync(`${inMemory}/meanwhile-test-`);
    // As /tmp: tests act as other users, too.
    chmodSync(folder, 0o1777);
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
    // Otherwise an interrupted run would leave its files in memory.
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));
    return folder;
  } catch {
    return undefined;
  }
}
