import { closeSync, fsyncSync, mkdirSync, openSync, realpathSync } from "node:fs";
import { dirname } from "node:path";
import { StateError } from "../state-error.ts";
import { makeDirectoryPrivate } from "./private-modes.ts";

/**
 * Makes a directory for this user alone, where it is missing.
 * @returns it with links resolved, and the directories that got new names
 * @throws {StateError} "unusable"
 */
export function makeStateDirectory(directory: string): {
  readonly directory: string;
  readonly made: readonly string[];
} {
  try {
    const first = mkdirSync(directory, { recursive: true, mode: 0o700 });
    const real = realpathSync.native(directory);
    // What the process masks must not keep it from its own state.
    makeDirectoryPrivate(real);
    if (first === undefined) return { directory: real, made: [real, dirname(real)] };
    return { directory: real, made: [real, ...above(real, realpathSync.native(first))] };
  } catch (cause) {
    throw new StateError("unusable", `the state directory ${directory} cannot be made`, { cause });
  }
}

/** The directories in which those from `directory` up to `first` have their names. */
function above(directory: string, first: string): readonly string[] {
  const parent = dirname(directory);
  return directory === first || parent === directory ? [parent] : [parent, ...above(parent, first)];
}

/**
 * A new name survives a loss of power only once its directory is flushed. Windows cannot, and need not; nor can some file
 * systems, and not every directory may be opened.
 */
export function syncNames(directory: string): void {
  if (process.platform === "win32") return;
  try {
    const fd = openSync(directory, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EINVAL", "ENOTSUP", "EACCES", "EPERM"].includes(code)) throw error;
  }
}
