import * as lmdb from "lmdb";
import { type Batch, type KeyBytes, Layer } from "./layer.ts";
import type { Encoding, Key } from "./tables.ts";

/** LMDB's limit. */
const mostKeyBytes = 1978;

/** What is seen beyond the database: what is in the log; while changes are run, what they put. */
export class View {
  /** What is in the log, and not in the database. */
  readonly ahead: Layer = new Layer();
  /** What the changes of a batch put that were run before this one. */
  #batch: Layer | undefined;
  #change: { readonly part: object; readonly layer: Layer } | undefined;

  /** Whether a change is being run. */
  get isChanging(): boolean {
    return this.#change !== undefined;
  }

  /** Takes what a line of the log says. */
  take(batch: Batch): void {
    for (const { name, encoding, changes } of batch) {
      for (const [key, value] of changes) this.ahead.set({ name, encoding }, bytesOf(key), { key, value });
    }
  }

  /** From what counts first. */
  layers(name: string): readonly Layer[] {
    if (this.#batch === undefined && this.#change === undefined)
      return this.ahead.has(name) ? [this.ahead] : none;
    const layers = [this.#change?.layer, this.#batch, this.ahead];
    return layers.filter((layer) => layer?.has(name)) as Layer[];
  }

  /** @throws {TypeError} outside of a change of the part; {@link RangeError} for a key that is too long */
  set(
    table: { readonly name: string; readonly encoding: Encoding; readonly part: object },
    key: Key,
    value: unknown,
  ): void {
    if (this.#change?.part !== table.part) {
      throw new TypeError(`the table ${table.name} is changed outside of a change of its part`);
    }
    const at = bytesOf(key);
    if (at.length > mostKeyBytes) throw new RangeError(`a key of the table ${table.name} is too long`);
    this.#change.layer.set(table, at, { key, value });
  }

  /** Runs one change. @throws what it throws; then it has put nothing */
  run<T>(part: object, work: () => T): { readonly value: T; readonly layer: Layer } {
    const layer = new Layer();
    this.#change = { part, layer };
    try {
      return { value: work(), layer };
    } finally {
      this.#change = undefined;
    }
  }

  /** Runs changes, each of which sees those before it. */
  runAll(group: readonly { readonly part: object; readonly work: () => unknown }[]): {
    readonly outcomes: readonly ({ readonly value: unknown } | { readonly error: unknown })[];
    readonly layer: Layer;
  } {
    const batch = new Layer();
    this.#batch = batch;
    const outcomes = group.map(({ part, work }) => {
      try {
        const { value, layer } = this.run(part, work);
        batch.merge(layer);
        return { value };
      } catch (error) {
        return { error };
      }
    });
    this.#batch = undefined;
    return { outcomes, layer: batch };
  }
}

const none: readonly Layer[] = [];

/** Its types do not tell of it. */
const { keyValueToBuffer } = lmdb as unknown as { keyValueToBuffer(key: Key): Buffer };

/** The bytes of a key as the database has it. */
export function bytesOf(key: Key): KeyBytes {
  return keyValueToBuffer(key).toString("latin1");
}
