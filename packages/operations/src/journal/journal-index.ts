/** What a journal finds its entries by, and which of them have to go: kept in memory, by every journal of ours. */
import type { JournalEntry } from "./journal.ts";
import type { Retention } from "./retention.ts";

/** Of an entry, what it is found by. */
export interface IndexedEntry {
  readonly id: string;
  readonly principal: string | undefined;
  /** The name of its repetition key. */
  readonly keyName: string | undefined;
  readonly hidden: boolean;
  readonly startedAtMs: number;
  /** undefined while it runs. */
  readonly endedAtMs: number | undefined;
  /** What it counts against {@link Retention.bytes}; 0 while it runs. */
  readonly bytes: number;
}

/** What a journal's entry is found by. */
export function indexed(entry: JournalEntry): IndexedEntry {
  const { id, principal, key, hidden, startedAtMs, endedAtMs } = entry;
  const runs = entry.state === "running";
  return {
    id,
    principal,
    keyName: key?.name,
    hidden,
    startedAtMs,
    endedAtMs: runs ? undefined : (endedAtMs ?? startedAtMs),
    bytes: runs ? 0 : keptBytes(entry),
  };
}

/** An ended entry's content and the names of its failed members. */
function keptBytes({ outcome, failed }: JournalEntry): number {
  let bytes = outcome === undefined ? 0 : Buffer.byteLength(outcome.content);
  for (const { uri } of failed) bytes += Buffer.byteLength(uri);
  return bytes;
}

/**
 * Ended operations go in the order in which they ended, which is not always that of their times: a clock may be set
 * back. An entry whose time has passed is not found any more, wherever it stands in that order.
 */
export class JournalIndex {
  readonly #retention: Retention;
  readonly #now: () => number;
  readonly #lease: () => number;
  /** When each ended entry's time has passed, by the clock of the leases. */
  readonly #pastAtMs = new Map<string, number>();
  readonly #running = new Map<string, IndexedEntry>();
  // A Map keeps the order in which operations ended, also where an entry is replaced.
  readonly #ended = new Map<string, IndexedEntry>();
  readonly #idByKey = new Map<string, string>();
  readonly #idsByPrincipal = new Map<string, Set<string>>();
  #bytes = 0;

  /**
   * @param now the time of day, by which entries ended: it says how old those are that an earlier process left
   * @param lease a clock that does not jump, by which their time passes; default `now`
   */
  constructor(retention: Retention, now: () => number, lease: () => number = now) {
    this.#retention = retention;
    this.#now = now;
    this.#lease = lease;
  }

  /** How many entries there are, those to be dropped included. */
  get size(): number {
    return this.#running.size + this.#ended.size;
  }

  /** What all of them count against {@link Retention.bytes}. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes an entry, in place of the one with the same id. */
  put(entry: IndexedEntry): void {
    const { id, principal, keyName } = entry;
    const before = this.#running.get(id) ?? this.#ended.get(id);
    const newer = before !== undefined && keyName !== undefined && this.#idByKey.get(keyName) !== id;
    if (before) this.#unlink(before);
    if (entry.endedAtMs === undefined) {
      this.#ended.delete(id);
      this.#running.set(id, entry);
    } else {
      this.#running.delete(id);
      this.#ended.set(id, entry);
      if (before?.endedAtMs === undefined) this.#pastAtMs.set(id, this.#pastAt(entry.endedAtMs));
    }
    this.#bytes += entry.bytes;
    // An older entry that is put again, to be hidden for instance, does not take its key back from a newer one.
    if (keyName !== undefined && !(newer && this.#idByKey.has(keyName))) this.#idByKey.set(keyName, id);
    if (principal === undefined) return;
    const ids = this.#idsByPrincipal.get(principal);
    if (ids) ids.add(id);
    else this.#idsByPrincipal.set(principal, new Set([id]));
  }

  remove(id: string): void {
    const entry = this.#running.get(id) ?? this.#ended.get(id);
    if (!entry) return;
    this.#unlink(entry);
    this.#running.delete(id);
    this.#ended.delete(id);
    this.#pastAtMs.delete(id);
  }

  /** Whether there is such an entry, and its time has not passed. */
  has(id: string): boolean {
    return this.#find(id) !== undefined;
  }

  /** The id of the latest entry with this key: the one whose first put came last. */
  byKey(name: string): string | undefined {
    const id = this.#idByKey.get(name);
    return id !== undefined && this.has(id) ? id : undefined;
  }

  /** The ids of a principal's entries that are not hidden, the latest start first. */
  list(principal: string, limit: number): readonly string[] {
    const entries: IndexedEntry[] = [];
    for (const id of this.#idsByPrincipal.get(principal) ?? []) {
      const entry = this.#find(id);
      if (entry && !entry.hidden) entries.push(entry);
    }
    entries.reverse().sort((one, other) => other.startedAtMs - one.startedAtMs);
    return entries.slice(0, Math.max(0, limit)).map(({ id }) => id);
  }

  /** The ids of those that run. */
  running(): readonly string[] {
    return [...this.#running.keys()];
  }

  /** The ids of entries that retention gives up, the one that ended first at the front; at most `most` of them. */
  overdue(most: number): readonly string[] {
    const ids: string[] = [];
    let { size } = this.#ended;
    let bytes = this.#bytes;
    for (const entry of this.#ended.values()) {
      const fits = size <= this.#retention.entries && bytes <= this.#retention.bytes;
      if (ids.length >= most || (fits && !this.#isPast(entry))) break;
      ids.push(entry.id);
      size -= 1;
      bytes -= entry.bytes;
    }
    return ids;
  }

  #find(id: string): IndexedEntry | undefined {
    const running = this.#running.get(id);
    if (running) return running;
    const ended = this.#ended.get(id);
    return ended && !this.#isPast(ended) ? ended : undefined;
  }

  #isPast({ id }: IndexedEntry): boolean {
    return (this.#pastAtMs.get(id) ?? 0) <= this.#lease();
  }

  /** An entry that ended in the future, as a clock that was set back has it, ends now. */
  #pastAt(endedAtMs: number): number {
    const ageMs = Math.max(0, this.#now() - endedAtMs);
    return this.#lease() + this.#retention.keepMs - ageMs;
  }

  /** Forgets what leads to an entry. */
  #unlink({ id, principal, keyName, bytes }: IndexedEntry): void {
    this.#bytes -= bytes;
    if (keyName !== undefined && this.#idByKey.get(keyName) === id) this.#idByKey.delete(keyName);
    if (principal === undefined) return;
    const ids = this.#idsByPrincipal.get(principal);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsByPrincipal.delete(principal);
  }
}
