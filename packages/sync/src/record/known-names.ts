import type { ServerName } from "./sync-record.ts";

interface KnownName extends ServerName {
  seen: boolean;
}

/** The names that the server has for members that have another one here. */
export class KnownNames {
  /** By the path of the local folder, and our name in it. */
  readonly #folders = new Map<string, Map<string, KnownName>>();

  /** Of the members of a local folder ("" is the root), by our names. */
  in(folder: string): ReadonlyMap<string, ServerName> {
    return this.#folders.get(folder) ?? new Map<string, ServerName>();
  }

  /** A name was met at the server: it is kept. */
  see(folder: string, name: string): void {
    const known = this.#folders.get(folder)?.get(name);
    if (known !== undefined) known.seen = true;
  }

  /** @param path of the member here */
  set(path: string, serverName: string, seen: boolean): void {
    const cut = path.lastIndexOf("/");
    const folder = path.slice(0, Math.max(cut, 0));
    const names = this.#folders.get(folder) ?? new Map<string, KnownName>();
    this.#folders.set(folder, names.set(path.slice(cut + 1), { serverName, seen }));
  }

  clear(): void {
    this.#folders.clear();
  }

  /** Forgets names that were not met. @returns whether there was one */
  forgetUnseen(): boolean {
    let forgot = false;
    for (const names of this.#folders.values()) {
      for (const [name, { seen }] of names) if (!seen) forgot = names.delete(name) || forgot;
    }
    return forgot;
  }

  /** A local folder is called otherwise than was noted. */
  folderRenamed(from: string, to: string): void {
    for (const [folder, names] of [...this.#folders]) {
      if (folder !== from && !folder.startsWith(`${from}/`)) continue;
      this.#folders.delete(folder);
      this.#folders.set(to + folder.slice(from.length), names);
    }
  }

  /** By the path of the member here. */
  *[Symbol.iterator](): Generator<readonly [path: string, name: ServerName], void> {
    for (const [folder, names] of this.#folders) {
      for (const [name, { serverName }] of names)
        yield [folder === "" ? name : `${folder}/${name}`, { serverName }];
    }
  }
}
