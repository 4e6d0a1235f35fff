import { readFileSync } from "node:fs";

/**
 * Names the time since the machine was started (Linux); undefined where the system does not tell. What was written
 * within it is in the files, whether or not it was synced.
 */
export const bootId: string | undefined = readBootId();

function readBootId(): string | undefined {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Another system, or a Linux without /proc: what is not recorded as whole is made again.
    return undefined;
  }
}
