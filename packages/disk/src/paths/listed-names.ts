import { memberPath, namesOf, type ResourcePath, rootPath } from "@meanwhile/dav";
import type { Awaitable } from "@meanwhile/server/store";
import { isAbsent } from "../calls/errno.ts";
import { readEntries } from "./entries.ts";
import type { Directory, Folder } from "./folder.ts";

/** How long it is believed of a directory whether it takes other spellings of its names. */
const believedMs = 5000;
const mostBelieved = 4096;

/**
 * Finds out how directories list names that were spelled in some way. Whether a directory takes other spellings (case,
 * Unicode normalization) is told by trying one, of a name that it has: on file systems that do not, that is a call now
 * and then; on those that do, the directory is read. (Inode numbers do not tell it: by FUSE each spelling can have one.)
 */
export class ListedNames {
  readonly #folder: Folder;
  readonly #clock: () => number;
  readonly #folding: Map<ResourcePath, { readonly folds: boolean; readonly at: number }> = new Map();

  /** @param clock milliseconds, never going back */
  constructor(folder: Folder, clock: () => number = () => performance.now()) {
    this.#folder = folder;
    this.#clock = clock;
  }

  /** The path as directories list it. From the first name on that is not there it stays as it is. */
  of(path: ResourcePath): Awaitable<ResourcePath> {
    const names = namesOf(path);
    let above: ResourcePath = rootPath;
    for (const name of names) {
      if (this.#believed(above) !== false) return this.#lookedUp(names);
      above = memberPath(above, name);
    }
    return path;
  }

  async #lookedUp(names: readonly string[]): Promise<ResourcePath> {
    let listed: ResourcePath = rootPath;
    for (const [index, name] of names.entries()) {
      if (this.#believed(listed) === false || spellingsOf(name).length === 0) {
        listed = memberPath(listed, name);
        continue;
      }
      const directory = await this.#folder.directory(listed);
      if (directory === undefined) return names.slice(index).reduce(memberPath, listed);
      try {
        listed = memberPath(listed, await this.#listedIn(directory, name));
      } finally {
        directory.close();
      }
    }
    return listed;
  }

  async #listedIn(directory: Directory, name: string): Promise<string> {
    const { calls } = this.#folder;
    if (!(await has(this.#folder, directory, name))) return name;
    if (this.#believed(directory.path) === undefined) {
      const folds = await takesOtherSpelling(this.#folder, directory, name);
      this.#believe(directory.path, folds);
      if (!folds) return name;
    }
    let alike: string | undefined;
    for await (const entries of readEntries(calls, directory)) {
      for (const entry of entries) {
        if (entry.name === name) return name;
        if (entry.reachable && isSpelledAlike(entry.name, name)) alike ??= entry.name;
      }
    }
    return alike ?? name;
  }

  #believed(directory: ResourcePath): boolean | undefined {
    const known = this.#folding.get(directory);
    return known !== undefined && this.#clock() - known.at < believedMs ? known.folds : undefined;
  }

  #believe(directory: ResourcePath, folds: boolean): void {
    if (this.#folding.size >= mostBelieved) this.#folding.clear();
    this.#folding.set(directory, { folds, at: this.#clock() });
  }
}

/** Whether a directory takes another spelling of a name for it: two find something, and not both of them are listed. */
export async function takesOtherSpelling(
  folder: Folder,
  directory: Directory,
  name: string,
): Promise<boolean> {
  for (const other of spellingsOf(name)) {
    if (!(await has(folder, directory, other))) continue;
    for (const one of [name, other]) if (!(await isListed(folder, directory, one))) return true;
  }
  return false;
}

/** A spelling can have more bytes than a name may have: nothing is there then. */
async function has(folder: Folder, directory: Directory, name: string): Promise<boolean> {
  try {
    return (await folder.calls.find(directory.at(name))) !== undefined;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

/** Whether a directory lists a name, in this very spelling. */
export async function isListed({ calls }: Folder, directory: Directory, name: string): Promise<boolean> {
  for await (const entries of readEntries(calls, directory)) {
    if (entries.some((entry) => entry.reachable && entry.name === name)) return true;
  }
  return false;
}

/** Other spellings, by which a directory shows whether it takes any. */
function spellingsOf(name: string): readonly string[] {
  const lower = name.toLowerCase();
  const others = [lower === name ? name.toUpperCase() : lower, name.normalize("NFC"), name.normalize("NFD")];
  return [...new Set(others)].filter((other) => other !== name);
}

/** File systems have tables of their own for this; what is alike for one of them is alike here. */
export function isSpelledAlike(one: string, other: string): boolean {
  return fold(one) === fold(other);
}

function fold(name: string): string {
  return name.normalize("NFKD").toUpperCase().toLowerCase().normalize("NFKD");
}
