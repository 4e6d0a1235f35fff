import { createHash } from "node:crypto";
import { memberPath, type ResourcePath } from "@meanwhile/dav";
import type { Part, Table } from "@meanwhile/state-lmdb";
import type { Overwriting } from "../documents/overwrite.ts";
import type { Identity } from "../paths/identity.ts";
import { type NameOwner, reservedName } from "../paths/names.ts";
import type { PlaceholderLog } from "./place-new.ts";

/** A reserved name in a directory. */
export interface Temporary {
  readonly name: string;
  /** To be called once nothing has the name any more. */
  release(): void;
}

interface TemporaryRecord {
  readonly directory: ResourcePath;
  /** An empty file that takes a name which is no reserved one, where the file system has no hard links. */
  readonly placeholder?: Placeholder;
  /** A file that something is mounted at, and gets new content. */
  readonly overwriting?: Omit<Overwriting, "directory">;
  /** A program before format 2 left names in it, which have no owner. */
  readonly ownerless?: true;
}

export interface Placeholder {
  readonly name: string;
  readonly identity: Identity | "unknown" | "none";
}

export interface TemporariesOptions {
  readonly part: Part;
  readonly randomId: () => string;
  /** Of the names. */
  readonly owner: NameOwner;
}

interface Use {
  live: number;
  readonly recorded: Promise<void>;
}

/** Directories whose record is kept a while after the last use, so that it is not written for each document. */
const idleDirectories = 64;

/**
 * Reserved names that are in use, and the record of the directories that have any. The record is made before the
 * name is used, so that the next start knows where the end of this process left something.
 */
export class Temporaries {
  readonly #records: Table<string, TemporaryRecord>;
  readonly #part: Part;
  readonly #randomId: () => string;
  readonly #owner: NameOwner;
  readonly #uses: Map<ResourcePath, Use> = new Map();

  constructor(options: TemporariesOptions) {
    this.#records = options.part.table("temporaries", "json");
    this.#part = options.part;
    this.#randomId = options.randomId;
    this.#owner = options.owner;
  }

  /** Whose names these are. */
  get owner(): NameOwner {
    return this.#owner;
  }

  /** Makes a reserved name for use in a directory. `work` tells what it belongs to. */
  async take(directory: ResourcePath, work: string): Promise<Temporary> {
    const release = await this.use(directory);
    return { name: reservedName(this.#owner, work, this.#randomId()), release };
  }

  /** Records that a directory may have reserved names of this process. @returns to be called once it has none of the caller's */
  async use(directory: ResourcePath): Promise<() => void> {
    let use = this.#uses.get(directory);
    if (use === undefined) {
      use = { live: 0, recorded: this.#record(keyOf(directory), { directory }) };
      this.#uses.set(directory, use);
    }
    use.live += 1;
    const held = use;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      held.live -= 1;
      this.#forgetIdle();
    };
    try {
      await held.recorded;
    } catch (error) {
      release();
      this.#uses.delete(directory);
      throw error;
    }
    return release;
  }

  /** Records what is made in a directory to take a name. */
  placeholder(directory: ResourcePath, name: string): PlaceholderLog & { forget(): Promise<void> } {
    const key = keyOf(memberPath(directory, name));
    let recorded = false;
    const add: PlaceholderLog["add"] = async ({ placeholder: identity }) => {
      recorded = true;
      await this.#record(key, { directory, placeholder: { name, identity } });
    };
    return {
      facts: {},
      add,
      // What is recorded here survives a loss of power.
      addSynced: add,
      forget: async () => {
        if (recorded) await this.#remove(key);
      },
    };
  }

  /** Records that a file gets new content in place. @returns what forgets that */
  async overwriting({ directory, name, draft, backup }: Overwriting): Promise<() => Promise<void>> {
    const key = keyOf(memberPath(directory.path, draft));
    await this.#part.change(() =>
      this.#records.put(key, { directory: directory.path, overwriting: { name, draft, backup } }),
    );
    return () => this.#remove(key);
  }

  /** Files that an earlier process may have given only a part of their new content. */
  overwritings(): readonly (Omit<Overwriting, "directory"> & {
    readonly path: ResourcePath;
    forget(): Promise<void>;
  })[] {
    return [...this.#records.range()].flatMap(({ key, value: { directory: path, overwriting } }) =>
      overwriting === undefined ? [] : [{ path, forget: () => this.#remove(key), ...overwriting }],
    );
  }

  /** Directories in which an earlier process left something; whether that may have names without an owner. */
  left(): readonly { readonly directory: ResourcePath; readonly ownerless: boolean }[] {
    return [...this.#records.range()].flatMap(
      ({ value: { directory, placeholder, overwriting, ownerless } }) =>
        placeholder === undefined && overwriting === undefined
          ? [{ directory, ownerless: ownerless === true }]
          : [],
    );
  }

  /** What an earlier process may have left under names that are no reserved ones. */
  placeholders(): readonly (Placeholder & { readonly directory: ResourcePath; forget(): Promise<void> })[] {
    return [...this.#records.range()].flatMap(({ key, value: { directory, placeholder } }) =>
      placeholder === undefined ? [] : [{ directory, forget: () => this.#remove(key), ...placeholder }],
    );
  }

  /** A directory has nothing left in it. */
  async cleared(directory: ResourcePath): Promise<void> {
    await this.#remove(keyOf(directory));
  }

  /** Ends the records of all directories that have no name in use. */
  async close(): Promise<void> {
    const idle = [...this.#uses].filter(([, { live }]) => live === 0);
    await Promise.all(idle.map(([directory]) => this.#forget(directory)));
  }

  #forgetIdle(): void {
    if (this.#uses.size <= idleDirectories) return;
    for (const [directory, { live }] of this.#uses) {
      if (live > 0) continue;
      // Should it fail, the record makes the next start look there in vain.
      this.#forget(directory).catch(() => {});
      return;
    }
  }

  async #forget(directory: ResourcePath): Promise<void> {
    this.#uses.delete(directory);
    await this.cleared(directory);
  }

  async #remove(key: string): Promise<void> {
    await this.#part.change(() => this.#records.remove(key), { durable: false });
  }

  async #record(key: string, record: TemporaryRecord): Promise<void> {
    await this.#part.change(() => {
      // What could not be swept at the start is tried again at the next.
      const ownerless = this.#records.get(key)?.ownerless === true ? { ownerless: true as const } : {};
      this.#records.put(key, { ...record, ...ownerless });
    });
  }
}

/** Keys of the database are short, paths are not. */
function keyOf(directory: ResourcePath): string {
  return `directory ${createHash("sha256").update(directory).digest("base64url")}`;
}
