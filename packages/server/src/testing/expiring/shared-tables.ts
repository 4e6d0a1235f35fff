import type { ExpiringTable, ExpiringTables } from "../../expiring/expiring-table.ts";
import { heldTables } from "../../expiring/held-table.ts";

/**
 * Tables in memory as several processes have them: each call of the result opens those of one more. All answers come later, as
 * from a database. For tests.
 */
export function sharedTables(clock: () => number): () => ExpiringTables {
  const held = heldTables({ clock });
  return () => ({
    now: clock,
    table<V>(name: string, capacity: number): ExpiringTable<V> {
      const table = held.table<V>(name, capacity);
      return {
        get: async (key) => table.get(key),
        update: async (key, change) => {
          await Promise.resolve();
          return table.update(key, change);
        },
      };
    },
  });
}
