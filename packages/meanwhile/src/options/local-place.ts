/** Files and folders of this machine that arguments name: looked at before the server is asked anything. */
import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { wrongUsage } from "../command-error.ts";
import { printable } from "../display/printable.ts";

/**
 * What is there; a symbolic link is followed. Undefined: nothing.
 * @throws {CommandError} 2 where this machine does not tell
 */
export async function localStats(cwd: string, typed: string): Promise<Stats | undefined> {
  try {
    return await stat(resolve(cwd, typed));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT") return undefined;
    const why = code === "ENOTDIR" ? "a file is where a folder should be" : "it cannot be looked at";
    throw wrongUsage(`${printable(typed)}: ${why}`, cause);
  }
}

/** @throws {CommandError} 2 where it is no file whose content can be read again */
export async function mustBeFile(cwd: string, typed: string): Promise<void> {
  const stats = await localStats(cwd, typed);
  if (stats === undefined) throw wrongUsage(`${printable(typed)}: there is no such file`);
  if (stats.isDirectory()) throw wrongUsage(`${printable(typed)} is a folder: put -r uploads it`);
  if (!stats.isFile())
    throw wrongUsage(`${printable(typed)} is no plain file; its content can come from standard input: -`);
}

/** @throws {CommandError} 2 where it is no folder; `made`: where it can be none */
export async function mustBeFolder(
  cwd: string,
  typed: string,
  { made = false }: { readonly made?: boolean } = {},
): Promise<void> {
  const stats = await localStats(cwd, typed);
  if (stats === undefined && !made) throw wrongUsage(`${printable(typed)}: there is no such folder`);
  if (stats !== undefined && !stats.isDirectory()) throw wrongUsage(`${printable(typed)} is not a folder`);
}

/** @throws {CommandError} 2 where the folder that the file is to be in is missing */
export async function mustHaveFolder(cwd: string, typed: string): Promise<void> {
  const folder = dirname(resolve(cwd, typed));
  if ((await localStats(cwd, folder))?.isDirectory() !== true)
    throw wrongUsage(`${printable(typed)}: there is no folder ${printable(folder)}`);
}
