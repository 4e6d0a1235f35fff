/** A journal in memory: it lasts as long as the process. */

import { steadyNow } from "../time/steady-clock.ts";
import { type After, unheldTimeout } from "../time/timers.ts";
import { withinLimit } from "./content-limit.ts";
import { defaultContentLimit, type Journal, type JournalEntry } from "./journal.ts";
import { indexed, JournalIndex } from "./journal-index.ts";
import { marked } from "./marks.ts";
import { fullRetention, type Retention } from "./retention.ts";
import { SecretWatch, secretSince, withoutSecrets } from "./secrets.ts";

/**
 * @param now the time of day; default that of the system
 * @param lease the clock by which the time of what is kept passes; default `now`, else one that does not jump
 * @param after timers; by default they do not keep the process alive
 * @throws {TypeError} `ERR_RETENTION` for an invalid retention
 */
export function memoryJournal(
  retention: Partial<Retention> = {},
  now?: () => number,
  contentLimit: number = defaultContentLimit,
  lease: () => number = now ?? steadyNow,
  after: After = unheldTimeout,
): Journal & { readonly size: number } {
  const kept = fullRetention(retention);
  const limit = Math.min(contentLimit, kept.bytes);
  const index = new JournalIndex(kept, now ?? Date.now, lease);
  const entries = new Map<string, JournalEntry>();
  const secrets = new SecretWatch({ now: now ?? Date.now, lease, after }, (id) => {
    const entry = entries.get(id);
    if (entry) put(withoutSecrets(entry));
  });

  function drop(id: string): void {
    index.remove(id);
    entries.delete(id);
    secrets.remove(id);
  }

  function makeRoom(): void {
    for (const id of index.overdue(Number.POSITIVE_INFINITY)) drop(id);
  }

  function put(entry: JournalEntry): void {
    const fitting = withinLimit(entry, limit);
    entries.set(entry.id, fitting);
    index.put(indexed(fitting));
    secrets.put(fitting.id, secretSince(fitting));
    makeRoom();
  }

  function find(id: string | undefined): JournalEntry | undefined {
    const entry = id !== undefined && index.has(id) ? entries.get(id) : undefined;
    return entry && secrets.isDue(entry.id) ? withoutSecrets(entry) : entry;
  }

  return {
    get size() {
      makeRoom();
      return index.size;
    },
    put,
    take(entry, replaces, options) {
      const holder = find(entry.key && index.byKey(entry.key.name));
      if (holder && holder.id !== replaces && holder.id !== entry.id) return holder;
      // By the `put` of one who has put another in its place, too.
      const recording = this.put(entry, options);
      return recording instanceof Promise ? recording.then(() => undefined) : undefined;
    },
    mark(id, marks) {
      const entry = find(id);
      if (entry) put(marked(entry, marks));
    },
    get: find,
    byKey: (name) => find(index.byKey(name)),
    list: (principal, most) => index.list(principal, most).flatMap((id) => find(id) ?? []),
    // What ran in this process ended with it.
    unfinished: () => [],
    remove: drop,
  };
}
