import type { Stats } from "node:fs";
import { join } from "node:path";
import { MemberError } from "../folders/folder-work.ts";
import type { FolderMember } from "../plan/folder-member.ts";
import type { FileSystem } from "./folder-surroundings.ts";
import { isPartName } from "./part-name.ts";

const looksAtATime = 32;
const illFormed = /\p{Surrogate}/u;

/**
 * The members of a local folder. Symbolic links are not followed; unfinished downloads are no members.
 *
 * @param onPart told where an unfinished download is
 * @throws what the file system says where the folder cannot be read
 */
export async function* listLocal(
  fileSystem: FileSystem,
  folder: string,
  onPart: (path: string) => void = () => undefined,
): AsyncGenerator<FolderMember> {
  let names: string[] = [];
  for await (const { name } of await fileSystem.opendir(folder)) {
    if (isPartName(name)) {
      onPart(join(folder, name));
      continue;
    }
    names.push(name);
    if (names.length < looksAtATime) continue;
    yield* await lookAt(fileSystem, folder, names);
    names = [];
  }
  yield* await lookAt(fileSystem, folder, names);
}

async function lookAt(
  fileSystem: FileSystem,
  folder: string,
  names: readonly string[],
): Promise<readonly FolderMember[]> {
  const members = await Promise.all(names.map((name) => look(fileSystem, folder, name)));
  return members.filter((member) => member !== undefined);
}

async function look(fileSystem: FileSystem, folder: string, name: string): Promise<FolderMember | undefined> {
  let stats: Stats;
  try {
    stats = await fileSystem.lstat(join(folder, name));
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    // Octets that are no UTF-8 are read as U+FFFD, and then nothing has that name; else it is gone meanwhile.
    return name.includes("\uFFFD") ? refused(name) : undefined;
  }
  if (illFormed.test(name)) return refused(name);
  if (stats.isDirectory()) return { kind: "collection", name };
  if (stats.isFile())
    return { kind: "document", name, size: stats.size, modifiedMs: Math.floor(stats.mtimeMs) };
  const problem = stats.isSymbolicLink()
    ? new MemberError("symbolic-link", "a symbolic link, which is not followed")
    : new MemberError("special-file", "neither a file nor a folder");
  return { kind: "other", name, problem };
}

function refused(name: string): FolderMember {
  return { kind: "other", name, problem: new MemberError("name-refused", "its name is not UTF-8") };
}

/** Whether the failure says that nothing is there. */
export function isMissing(cause: unknown): boolean {
  return errorCode(cause) === "ENOENT" || errorCode(cause) === "ENOTDIR";
}

/** The operating system's code of a failure. */
export function errorCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !("code" in cause)) return undefined;
  return typeof cause.code === "string" ? cause.code : undefined;
}
