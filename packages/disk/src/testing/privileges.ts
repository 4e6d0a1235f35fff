import { chownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const nobody = 65_534;

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
