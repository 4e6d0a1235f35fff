import { chownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { onTestFinished } from "vitest";

const nobody = 65_534;

/** Whether permissions bind this process, or can be made to: root is above them, but can become nobody. */
export function permissionsCanBind(): boolean {
  if (process.platform === "win32") return false;
  return process.getuid?.() !== 0 || (isMainThread && process.seteuid !== undefined);
}

/** Gives folders to nobody, and lets root act as nobody, until the test ends. Does nothing for others. */
export function dropPrivileges(...folders: readonly string[]): void {
  if (process.getuid?.() !== 0) return;
  for (const folder of folders) {
    chownSync(folder, nobody, nobody);
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      chownSync(join(folder, name), nobody, nobody);
    }
  }
  process.seteuid?.(nobody);
  onTestFinished(() => process.seteuid?.(0));
}
