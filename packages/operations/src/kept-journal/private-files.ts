/** Modes of the journal's files: what they hold is its owner's alone, whatever the umask or an earlier version says. */
import { chmod, lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Makes a directory one of its owner alone, mode 0700. Not every file system has modes, nor every owner the right. */
export function makePrivateDirectory(directory: string): Promise<void> {
  return setMode(directory, 0o700);
}

/** Makes those of its files whose names are ours readable by their owner alone, mode 0600. Links are left alone. */
export async function makePrivateFiles(directory: string, ours: RegExp): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!ours.test(name)) continue;
    const path = join(directory, name);
    const stats = await lstat(path).catch(unlessAbsent);
    if (stats?.isFile() && (stats.mode & 0o777) !== 0o600) await makePrivateFile(path);
  }
}

/** The same for one file, or a socket. */
export function makePrivateFile(path: string): Promise<void> {
  return setMode(path, 0o600);
}

async function setMode(path: string, mode: number): Promise<void> {
  try {
    await chmod(path, mode);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "EPERM", "ENOTSUP", "ENOSYS"].includes(code)) throw error;
  }
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
  return undefined;
}
