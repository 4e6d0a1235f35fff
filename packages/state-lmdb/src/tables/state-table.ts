import type { Environment, KeptTable } from "./environment.ts";
import type { Entry, KeyBytes } from "./layer.ts";
import type { Encoding, Key, RangeOptions, Table, TableRecord } from "./tables.ts";
import { bytesOf, type View } from "./view.ts";

export interface StateTableOptions {
  readonly name: string;
  readonly encoding: Encoding;
  /** Begins each key; default: none does. */
  readonly root?: number | undefined;
  readonly part: object;
  readonly view: View;
  readonly environment: Environment;
}

/** A table of the database, with what is not in the database yet: the records of one root. */
export class StateTable<K extends Key, V> implements Table<K, V> {
  readonly #options: StateTableOptions;
  readonly #kept: KeptTable;

  constructor(options: StateTableOptions) {
    this.#options = options;
    this.#kept = options.environment.table(options.name, options.encoding);
  }

  get(key: K): V | undefined {
    const at = this.#at(key);
    const entry = this.#entry(at);
    return (entry === undefined ? this.#kept.get(at) : entry.value) as V | undefined;
  }

  has(key: K): boolean {
    const at = this.#at(key);
    const entry = this.#entry(at);
    return entry === undefined ? this.#kept.doesExist(at) : entry.value !== undefined;
  }

  *range(options: RangeOptions<K> = {}): Generator<TableRecord<K, V>, void, void> {
    const { limit, ...wanted } = options;
    const { root } = this.#options;
    const bounds = root === undefined ? (wanted as RangeOptions<Key>) : boundsIn(root, wanted);
    const others = this.#within(bounds);
    // Those of the database that something else counts for are read beyond the limit.
    const kept = this.#kept.getRange({
      ...bounds,
      ...(limit === undefined ? {} : { limit: limit + others.length }),
    });
    let left = limit ?? Number.POSITIVE_INFINITY;
    for (const { key, value } of merged(kept, others)) {
      if (left-- <= 0) return;
      yield { key: (root === undefined ? key : withoutRoot(key)) as K, value: value as V };
    }
  }

  put(key: K, value: V): void {
    this.#options.view.set(this.#options, this.#at(key), value);
  }

  remove(key: K): void {
    this.#options.view.set(this.#options, this.#at(key), undefined);
  }

  #at(key: K): Key {
    const { root } = this.#options;
    return root === undefined ? key : withRoot(root, key);
  }

  #entry(key: Key): Entry | undefined {
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

/** A key as the database has it, where records are those of a root. */
export function withRoot(root: number, key: Key): Key {
  return typeof key === "object" ? [root, ...key] : [root, key];
}

function withoutRoot(key: Key): Key {
  const [, first = "", ...others] = key as (string | number)[];
  return others.length === 0 ? first : [first, ...others];
}

function boundsIn(root: number, { start, end, ...how }: RangeOptions<Key>): RangeOptions<Key> {
  return {
    start: start === undefined ? [root] : withRoot(root, start),
    end: end === undefined ? [root + 1] : withRoot(root, end),
    ...how,
  };
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
