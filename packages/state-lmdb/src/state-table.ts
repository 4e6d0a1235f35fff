import type { Environment, KeptTable } from "./environment.ts";
import type { Entry, KeyBytes } from "./layer.ts";
import type { Encoding, Key, RangeOptions, Table, TableRecord } from "./tables.ts";
import { bytesOf, type View } from "./view.ts";

export interface StateTableOptions {
  readonly name: string;
  readonly encoding: Encoding;
  readonly part: object;
  readonly view: View;
  readonly environment: Environment;
}

/** A table of the database, with what is not in the database yet. */
export class StateTable<K extends Key, V> implements Table<K, V> {
  readonly #options: StateTableOptions;
  readonly #kept: KeptTable;

  constructor(options: StateTableOptions) {
    this.#options = options;
    this.#kept = options.environment.table(options.name, options.encoding);
  }

  get(key: K): V | undefined {
    const entry = this.#entry(key);
    return (entry === undefined ? this.#kept.get(key) : entry.value) as V | undefined;
  }

  has(key: K): boolean {
    const entry = this.#entry(key);
    return entry === undefined ? this.#kept.doesExist(key) : entry.value !== undefined;
  }

  *range(options: RangeOptions<K> = {}): Generator<TableRecord<K, V>, void, void> {
    const { limit, ...bounds } = options;
    const others = this.#within(bounds);
    // Those of the database that something else counts for are read beyond the limit.
    const kept = this.#kept.getRange({
      ...(bounds as RangeOptions<Key>),
      ...(limit === undefined ? {} : { limit: limit + others.length }),
    });
    let left = limit ?? Number.POSITIVE_INFINITY;
    for (const record of merged(kept, others)) {
      if (left-- <= 0) return;
      yield record as TableRecord<K, V>;
    }
  }

  put(key: K, value: V): void {
    this.#options.view.set(this.#options, key, value);
  }

  remove(key: K): void {
    this.#options.view.set(this.#options, key, undefined);
  }

  #entry(key: K): Entry | undefined {
    const { name, view } = this.#options;
    const layers = view.layers(name);
    if (layers.length === 0) return undefined;
    const at = bytesOf(key);
    for (const layer of layers) {
      const entry = layer.get(name, at);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  /** What is not in the database of a range, in the order of keys. */
  #within(bounds: RangeOptions<Key>): readonly (readonly [KeyBytes, Entry])[] {
    const { name, view } = this.#options;
    const layers = view.layers(name);
    if (layers.length === 0) return [];
    const found = new Map(layers.toReversed().flatMap((layer) => layer.within(name, bounds, bytesOf)));
    return [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  }
}

/** Records of the database, and what counts in their place or beside them, in the order of keys. */
function* merged(
  kept: Iterable<TableRecord<Key, unknown>>,
  others: readonly (readonly [KeyBytes, Entry])[],
): Generator<TableRecord<Key, unknown>, void, void> {
  if (others.length === 0) return yield* kept;
  let next = 0;
  for (const record of kept) {
    const at = bytesOf(record.key);
    for (let other = others[next]; other !== undefined && other[0] < at; other = others[++next]) {
      yield* there(other[1]);
    }
    const same = others[next];
    if (same?.[0] !== at) yield record;
    else {
      next += 1;
      yield* there(same[1]);
    }
  }
  for (const [, entry] of others.slice(next)) yield* there(entry);
}

function there({ key, value }: Entry): readonly TableRecord<Key, unknown>[] {
  return value === undefined ? [] : [{ key, value }];
}
