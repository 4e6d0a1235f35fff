/** A journal in memory: it lasts as long as the process. */

import { withinLimit } from "./content-limit.ts";
import { defaultContentLimit, type Journal, type JournalEntry } from "./journal.ts";
import { indexed, JournalIndex } from "./journal-index.ts";
import { fullRetention, type Retention } from "./retention.ts";
import { steadyNow } from "./steady-clock.ts";

/**
 * @param now the time of day; default that of the system
 * @param lease the clock by which the time of what is kept passes; default `now`, else one that does not jump
 * @throws {TypeError} `ERR_RETENTION` for an invalid retention
 */
export function memoryJournal(
  retention: Partial<Retention> = {},
  now?: () => number,
  contentLimit: number = defaultContentLimit,
  lease: () => number = now ?? steadyNow,
): Journal & { readonly size: number } {
  const kept = fullRetention(retention);
  const limit = Math.min(contentLimit, kept.bytes);
  const index = new JournalIndex(kept, now ?? Date.now, lease);
  const entries = new Map<string, JournalEntry>();

  function drop(id: string): void {
    index.remove(id);
    entries.delete(id);
  }

  function makeRoom(): void {
    for (const id of index.overdue(Number.POSITIVE_INFINITY)) drop(id);
  }

  const find = (id: string | undefined): JournalEntry | undefined =>
    id !== undefined && index.has(id) ? entries.get(id) : undefined;

  return {
    get size() {
      makeRoom();
      return index.size;
    },
    put(entry) {
      const fitting = withinLimit(entry, limit);
      entries.set(entry.id, fitting);
      index.put(indexed(fitting));
      makeRoom();
    },
    get: find,
    byKey: (name) => find(index.byKey(name)),
    list: (principal, most) => index.list(principal, most).flatMap((id) => entries.get(id) ?? []),
    // What ran in this process ended with it.
    unfinished: () => [],
    remove: drop,
  };
}
