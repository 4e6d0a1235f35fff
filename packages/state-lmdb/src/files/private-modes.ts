/** Modes of the state: what it holds is its owner's alone, whatever the umask says, or said earlier. */
import { chmodSync } from "node:fs";

/** Makes a directory one of its owner alone, mode 0700. */
export function makeDirectoryPrivate(directory: string): void {
  setMode(directory, 0o700);
}

/** Makes a file, or a socket, readable by its owner alone, mode 0600. One that is not there needs no mode. */
export function makeFilePrivate(file: string): void {
  setMode(file, 0o600);
}

/** Not every file system has modes, nor every owner the right. */
function setMode(path: string, mode: number): void {
  try {
    chmodSync(path, mode);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "EPERM", "ENOTSUP", "ENOSYS"].includes(code)) throw error;
  }
}
