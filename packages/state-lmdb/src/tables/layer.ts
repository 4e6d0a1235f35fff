/** Changes that are not in the database yet. */
import type { Encoding, Key, RangeOptions } from "./tables.ts";

/** What a key gets. */
export interface Entry {
  readonly key: Key;
  /** undefined: it is removed. */
  readonly value: unknown;
}

/** What is to be put and removed, table by table. */
export type Batch = readonly TableChanges[];

/** What is to be put and removed in one table. */
export interface TableChanges {
  readonly name: string;
  readonly encoding: Encoding;
  /** A key alone is removed. */
  readonly changes: readonly (readonly [key: Key, value?: unknown])[];
}

interface LayerTable {
  readonly encoding: Encoding;
  readonly entries: Map<string, Entry>;
}

/** The bytes of a key, one a character, so that keys are compared as the database compares them. */
export type KeyBytes = string;

/** A layer over the database, or over another one. */
export class Layer {
  readonly #tables: Map<string, LayerTable> = new Map();

  /** Whether it says nothing of any table. */
  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  /** Whether it says anything of a table. */
  has(name: string): boolean {
    return this.#tables.has(name);
  }

  /** undefined: it says nothing of the key. */
  get(name: string, at: KeyBytes): Entry | undefined {
    return this.#tables.get(name)?.entries.get(at);
  }

  set({ name, encoding }: Pick<TableChanges, "name" | "encoding">, at: KeyBytes, entry: Entry): void {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = { encoding, entries: new Map() };
      this.#tables.set(name, table);
    }
    table.entries.set(at, entry);
  }

  copy(): Layer {
    const copy = new Layer();
    copy.merge(this);
    return copy;
  }

  /** Takes what another layer says, in place of what it says itself. */
  merge(other: Layer): void {
    for (const [name, { encoding, entries }] of other.#tables) {
      for (const [at, entry] of entries) this.set({ name, encoding }, at, entry);
    }
  }

  /** Forgets what another layer says, where it says exactly that itself. */
  forget(other: Layer): void {
    for (const [name, { entries }] of other.#tables) {
      const table = this.#tables.get(name);
      if (table === undefined) continue;
      for (const [at, entry] of entries) if (table.entries.get(at) === entry) table.entries.delete(at);
      if (table.entries.size === 0) this.#tables.delete(name);
    }
  }

  /** What it says of the keys of a range, in any order. @param bytes of a key */
  within(
    name: string,
    { start, end, exclusiveStart }: RangeOptions<Key>,
    bytes: (key: Key) => KeyBytes,
  ): readonly (readonly [KeyBytes, Entry])[] {
    const table = this.#tables.get(name);
    if (table === undefined) return [];
    const from = start === undefined ? undefined : bytes(start);
    const to = end === undefined ? undefined : bytes(end);
    return [...table.entries].filter(
      ([at]) =>
        (from === undefined || at > from || (at === from && exclusiveStart !== true)) &&
        (to === undefined || at < to),
    );
  }

  toBatch(): Batch {
    return [...this.#tables].map(([name, { encoding, entries }]) => ({
      name,
      encoding,
      changes: [...entries.values()].map(({ key, value }) =>
        value === undefined ? ([key] as const) : ([key, value] as const),
      ),
    }));
  }
}
