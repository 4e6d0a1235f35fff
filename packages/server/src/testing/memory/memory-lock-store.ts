import type { LockStore } from "../../locks/lock-store.ts";
import { LockTable, type LockTableOptions } from "../../locks/lock-table.ts";

/** Clock and limits of a lock store in memory. */
export type MemoryLockStoreOptions = LockTableOptions;

/** Makes an empty store of locks that lives in memory and keeps every promise of {@link LockStore}. For tests. */
export function createMemoryLockStore(options: MemoryLockStoreOptions): LockStore {
  return storeOf(new LockTable(options));
}

/** Makes the same as several processes have it: each call of the result opens it in one more. All answers come later. For tests. */
export function sharedMemoryLockStore(options: MemoryLockStoreOptions): () => LockStore {
  const store = storeOf(new LockTable(options));
  return () => ({
    covering: async (path) => store.covering(path),
    within: async (path) => store.within(path),
    create: async (request) => store.create(request),
    refresh: async (token, timeoutSeconds) => store.refresh(token, timeoutSeconds),
    remove: async (token) => store.remove(token),
    removeWithin: async (path) => store.removeWithin(path),
    now: async () => store.now(),
  });
}

function storeOf(table: LockTable): LockStore {
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
