import type { Awaitable } from "../store.ts";
import type { ExpiringChange, ExpiringSight, ExpiringTable, ExpiringTables } from "./expiring-table.ts";

/** A record as it is kept beyond the process. */
export interface ExpiringRecordJson {
  readonly value: unknown;
  readonly untilMs: number;
}

/** Where records are kept beyond the process. They are put and removed within a change only. */
export interface ExpiringRecords {
  /** All that there are, in any order. */
  range(): Iterable<{ readonly key: string; readonly value: unknown }>;
  /** Puts a record, in place of the one with the same key. */
  put(key: string, record: ExpiringRecordJson): void;
  /** Removes a record; one that is not there is no error. */
  remove(key: string): void;
}

/** Clock and records of {@link heldTables}. */
export interface HeldTablesOptions {
  /** Milliseconds, never going back; where records are kept beyond the process, since the epoch. */
  readonly clock: () => number;
  /** Opens the records of a table. Default: none is kept beyond the process. */
  readonly records?: (name: string) => {
    readonly records: ExpiringRecords;
    /** Runs `work`, which puts and removes records; resolves once the end of the process cannot undo that any more. */
    readonly change: (
      work: () => void,
      options: { readonly durable: false; readonly freesRoom?: boolean },
    ) => Promise<void>;
  };
}

/**
 * Tables of one process, held in memory, where each question is answered at once. With `records`, changes are answered once the
 * end of the process cannot undo them any more; what a loss of power undoes is at most what came in the last second or so.
 */
export function heldTables({ clock, records }: HeldTablesOptions): ExpiringTables {
  const opened = new Map<string, HeldTable<unknown>>();
  return {
    now: clock,
    table<V>(name: string, capacity: number): ExpiringTable<V> {
      const table = opened.get(name) ?? new HeldTable<unknown>(clock, capacity, records?.(name));
      opened.set(name, table);
      return table as unknown as ExpiringTable<V>;
    },
  };
}

interface Held<V> {
  readonly value: V;
  readonly untilMs: number;
  readonly madeMs: number;
}

class HeldTable<V> implements ExpiringTable<V> {
  readonly #clock: () => number;
  readonly #capacity: number;
  readonly #kept: ReturnType<NonNullable<HeldTablesOptions["records"]>> | undefined;
  /** Those that were not changed for longest come first. */
  readonly #held = new Map<string, Held<V>>();
  #forgottenUntilMs = Number.NEGATIVE_INFINITY;

  constructor(
    clock: () => number,
    capacity: number,
    kept: ReturnType<NonNullable<HeldTablesOptions["records"]>> | undefined,
  ) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#kept = kept;
    if (kept) this.#load(kept.records);
  }

  get(key: string): V | undefined {
    return this.#living(key)?.value;
  }

  update<R>(key: string, change: (sight: ExpiringSight<V>) => ExpiringChange<V, R>): Awaitable<R> {
    const nowMs = this.#clock();
    const held = this.#living(key);
    const { record, result } = change({
      value: held?.value,
      nowMs,
      forgottenUntilMs: this.#forgottenUntilMs,
    });
    if (record === "same") return result;
    const wasHeld = this.#held.delete(key);
    if (record === undefined) {
      return wasHeld
        ? after(
            this.#write((records) => records.remove(key), true),
            result,
          )
        : result;
    }
    this.#held.set(key, { madeMs: held?.madeMs ?? nowMs, ...record });
    const written = this.#write((records) => records.put(key, record), false);
    this.#makeRoom(nowMs);
    return after(written, result);
  }

  #living(key: string): Held<V> | undefined {
    const held = this.#held.get(key);
    return held !== undefined && held.untilMs > this.#clock() ? held : undefined;
  }

  /** Drops those that have ended from the front, and as many more as are too many. */
  #makeRoom(nowMs: number): void {
    for (const [key, { untilMs, madeMs }] of this.#held) {
      const hasEnded = untilMs <= nowMs;
      if (!hasEnded && this.#held.size <= this.#capacity) return;
      if (!hasEnded) this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, madeMs);
      this.#held.delete(key);
      this.#write((records) => records.remove(key), true);
    }
  }

  #load(records: ExpiringRecords): void {
    const nowMs = this.#clock();
    const found = [...records.range()].map(({ key, value }) => ({ key, record: readRecord(value) }));
    found.sort((one, other) => (one.record?.untilMs ?? 0) - (other.record?.untilMs ?? 0));
    for (const { key, record } of found) {
      // One that is damaged does not count.
      if (record === undefined) this.#write((records) => records.remove(key), true);
      else this.#held.set(key, { value: record.value as V, untilMs: record.untilMs, madeMs: nowMs });
    }
    // The process before may have dropped others for lack of room.
    if (this.#held.size >= this.#capacity) this.#forgottenUntilMs = nowMs;
    this.#makeRoom(nowMs);
  }

  /** @returns undefined where nothing is kept beyond the process */
  #write(work: (records: ExpiringRecords) => void, freesRoom: boolean): Promise<void> | undefined {
    if (this.#kept === undefined) return undefined;
    const { records, change } = this.#kept;
    // What could not be written counts in this process all the same.
    return change(() => work(records), { durable: false, freesRoom }).catch(() => undefined);
  }
}

function after<R>(written: Promise<void> | undefined, result: R): Awaitable<R> {
  return written === undefined ? result : written.then(() => result);
}

function readRecord(value: unknown): ExpiringRecordJson | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { value: kept, untilMs } = value as Partial<Record<keyof ExpiringRecordJson, unknown>>;
  return typeof untilMs === "number" && kept !== undefined ? { value: kept, untilMs } : undefined;
}
