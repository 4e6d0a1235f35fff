import { LockTable, type LockTableOptions } from "../locks/lock-table.ts";
import type { LockStore } from "../store.ts";

/** Clock and limits of a lock store in memory. */
export type MemoryLockStoreOptions = LockTableOptions;

/** Makes an empty store of locks that lives in memory and keeps every promise of {@link LockStore}. For tests. */
export function createMemoryLockStore(options: MemoryLockStoreOptions): LockStore {
  const table = new LockTable(options);
  return {
    covering: (path) => table.covering(path),
    within: (path) => table.within(path),
    create: (request) => table.create(request),
    refresh: (token, timeoutSeconds) => table.refresh(token, timeoutSeconds),
    remove: (token) => table.remove(token),
    removeWithin: (path) => table.removeWithin(path),
    now: () => table.now(),
  };
}
