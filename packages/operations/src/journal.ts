/** Where operations that have ended are kept, for those who ask later. */
import type { MemberResult } from "./member-results.ts";
import type { OperationState, OperationSubject, Outcome } from "./operation.ts";
import type { OperationProgress } from "./progress.ts";

/** An operation that has ended, as it is kept. */
export interface JournalEntry extends OperationSubject {
  readonly id: string;
  readonly state: Exclude<OperationState, "running" | "cancelling">;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly progress: OperationProgress;
  /** Members that failed, as many as are kept. */
  readonly failed: readonly MemberResult[];
  /** How many failed in all. */
  readonly failures: number;
  readonly version: number;
  readonly outcome: Outcome;
}

export interface Journal {
  put(entry: JournalEntry): void;
  get(id: string): JournalEntry | undefined;
  remove(id: string): boolean;
  readonly size: number;
}

export interface Retention {
  /** Milliseconds after its end; default 72 h. */
  readonly keepMs: number;
  /** How many at most; default 10,000. The one that ended first goes first. */
  readonly entries: number;
  /** Of all recorded content together; default 64 MiB. The one that ended first goes first. */
  readonly bytes: number;
}

export const defaultRetention: Retention = {
  keepMs: 72 * 3_600_000,
  entries: 10_000,
  bytes: 64 * 1024 * 1024,
};

/** A journal in memory: it lasts as long as the process. */
export function memoryJournal(retention: Partial<Retention> = {}, now: () => number = Date.now): Journal {
  const { keepMs, entries, bytes } = { ...defaultRetention, ...retention };
  // A Map keeps the order in which operations ended.
  const kept = new Map<string, JournalEntry>();
  let size = 0;

  function remove(id: string): boolean {
    const entry = kept.get(id);
    if (!entry) return false;
    size -= entry.outcome.content.length;
    return kept.delete(id);
  }

  function makeRoom(): void {
    for (const [id, entry] of kept) {
      const stays = kept.size <= entries && size <= bytes && entry.endedAtMs + keepMs > now();
      if (stays) return;
      remove(id);
    }
  }

  return {
    get size() {
      return kept.size;
    },
    put(entry) {
      remove(entry.id);
      kept.set(entry.id, entry);
      size += entry.outcome.content.length;
      makeRoom();
    },
    get(id) {
      makeRoom();
      return kept.get(id);
    },
    remove,
  };
}
