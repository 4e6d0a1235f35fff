import type { JournalStore } from "../../kept-journal/journal-store.ts";

/** Records in memory, which a test may look at and change. */
export interface RecordsInMemory extends JournalStore {
  readonly kept: Map<string, Uint8Array>;
  /** From now on changes fail with this; undefined: they succeed again. */
  failing: Error | undefined;
}

export function recordsInMemory(): RecordsInMemory {
  const kept = new Map<string, Uint8Array>();
  const store: RecordsInMemory = {
    kept,
    failing: undefined,
    records: {
      get: (key) => kept.get(key),
      range: () => [...kept].map(([key, value]) => ({ key, value })),
      put: (key, value) => void kept.set(key, value),
      remove: (key) => void kept.delete(key),
    },
    async change(work) {
      if (store.failing) throw store.failing;
      const before = [...kept];
      try {
        work();
      } catch (error) {
        kept.clear();
        for (const [key, value] of before) kept.set(key, value);
        throw error;
      }
    },
  };
  return store;
}
