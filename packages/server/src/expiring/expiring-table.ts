/**
 * Records that end by themselves, such as failed logins: the interface that stores fill, and the one that is held in memory.
 * Several processes that serve the same users share them, and their clock.
 */
import type { Awaitable } from "../store.ts";

/** What a change of a record sees. */
export interface ExpiringSight<V> {
  /** The record's value; undefined where there is none, or its time has passed. Not to be changed. */
  readonly value: V | undefined;
  /** The table's clock, in milliseconds. */
  readonly nowMs: number;
  /** When the latest of the records was made that had to go for lack of room, before their time; none: -Infinity. */
  readonly forgottenUntilMs: number;
}

/** What a change leaves, and what it returns. */
export interface ExpiringChange<V, R> {
  /** The record from now on, until which time it is kept; "same": as it was; undefined: there is none. */
  readonly record: { readonly value: V; readonly untilMs: number } | "same" | undefined;
  readonly result: R;
}

/** Records by key, of which only so many are kept: the ones that were not changed for longest go first. */
export interface ExpiringTable<V> {
  /** The value of a key; undefined where there is none, or its time has passed. */
  get(key: string): Awaitable<V | undefined>;
  /**
   * Changes the record of a key in one step: of changes that come at once, in whatever process, each sees those before it.
   * `change` may be called again where another process came first; it makes no calls that wait.
   */
  update<R>(key: string, change: (sight: ExpiringSight<V>) => ExpiringChange<V, R>): Awaitable<R>;
}

/** Tables that several processes share, or those of one. */
export interface ExpiringTables {
  /** The clock by which records end, in milliseconds; it never goes back. */
  now(): number;
  /**
   * Opens a table; the same one for the same name. Values are plain data (JSON).
   *
   * @param name letters
   * @param capacity how many records are kept at most
   */
  table<V>(name: string, capacity: number): ExpiringTable<V>;
}
