/** A journal in memory: it lasts as long as the process. */
import { defaultRetention, type Journal, type JournalEntry, type Retention } from "./journal.ts";

export function memoryJournal(
  retention: Partial<Retention> = {},
  now: () => number = Date.now,
): Journal & { readonly size: number } {
  const { keepMs, entries, bytes } = { ...defaultRetention, ...retention };
  const running = new Map<string, JournalEntry>();
  // A Map keeps the order in which operations ended.
  const ended = new Map<string, JournalEntry>();
  const idByKey = new Map<string, string>();
  let size = 0;

  function find(id: string): JournalEntry | undefined {
    makeRoom();
    return running.get(id) ?? ended.get(id);
  }

  function drop(id: string): void {
    const entry = running.get(id) ?? ended.get(id);
    if (!entry) return;
    size -= contentLength(entry);
    if (entry.key && idByKey.get(entry.key.name) === id) idByKey.delete(entry.key.name);
    running.delete(id);
    ended.delete(id);
  }

  function makeRoom(): void {
    for (const [id, entry] of ended) {
      const fits = ended.size <= entries && size <= bytes && (entry.endedAtMs ?? 0) + keepMs > now();
      if (fits) return;
      drop(id);
    }
  }

  return {
    get size() {
      return running.size + ended.size;
    },
    put(entry) {
      drop(entry.id);
      (entry.state === "running" ? running : ended).set(entry.id, entry);
      if (entry.key) idByKey.set(entry.key.name, entry.id);
      size += contentLength(entry);
      makeRoom();
    },
    get: find,
    byKey(name) {
      const id = idByKey.get(name);
      return id === undefined ? undefined : find(id);
    },
    list(principal, limit) {
      makeRoom();
      return [...running.values(), ...ended.values()]
        .filter((entry) => entry.principal === principal && !entry.hidden)
        .sort((one, other) => other.startedAtMs - one.startedAtMs)
        .slice(0, limit);
    },
    // What ran in this process ended with it.
    unfinished: () => [],
    remove: drop,
  };
}

function contentLength({ outcome }: JournalEntry): number {
  return outcome === undefined ? 0 : outcome.content.length;
}
