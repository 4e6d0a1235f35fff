/** Small files with secrets in them. */
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { wrongUsage } from "../../command-error.ts";
import { printable } from "../../display/printable.ts";

/** The largest file that is read, in bytes. */
export const secretFileBytes: number = 64 * 1024;

export interface SecretFile {
  readonly content: string;
  /** Whether others than its owner may read it. Never on Windows, which has no such bits. */
  readonly readableByOthers: boolean;
}

/**
 * Reads such a file; undefined where there is none.
 * @throws {CommandError} where there is one that cannot be read, is too large, or is not text
 */
export async function readSecretFile(
  path: string,
  platform: NodeJS.Platform,
): Promise<SecretFile | undefined> {
  try {
    const stats = await stat(path);
    if (stats.isFile() && stats.size > secretFileBytes) {
      throw wrongUsage(`${printable(path)}: larger than ${secretFileBytes} bytes`);
    }
    // Not only files: `--password-file <(pass show files.example)` is a pipe.
    if (stats.isDirectory()) throw wrongUsage(`${printable(path)}: is a directory`);
    const bytes = await readFile(path);
    if (bytes.length > secretFileBytes)
      throw wrongUsage(`${printable(path)}: larger than ${secretFileBytes} bytes`);
    return {
      content: new TextDecoder("utf-8", { fatal: true }).decode(bytes),
      readableByOthers: platform !== "win32" && stats.isFile() && (stats.mode & 0o077) !== 0,
    };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (code === "EACCES" || code === "EPERM") throw wrongUsage(`${printable(path)}: may not be read`, error);
    if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw wrongUsage(`${printable(path)}: is not UTF-8 text`, error);
    }
    throw error;
  }
}

/**
 * The first line of a file that must be there: a password or a token.
 * @throws {CommandError} where it is not there, or the line is empty
 */
export async function readSecretLine(
  option: string,
  typed: string,
  { cwd, platform }: { readonly cwd: string; readonly platform: NodeJS.Platform },
): Promise<string> {
  const path = resolve(cwd, typed);
  const file = await readSecretFile(path, platform);
  if (file === undefined) throw wrongUsage(`${option} ${printable(typed)}: there is no such file`);
  const line = file.content.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/)[0] ?? "";
  if (line === "") throw wrongUsage(`${option} ${printable(typed)}: its first line is empty`);
  return line;
}
