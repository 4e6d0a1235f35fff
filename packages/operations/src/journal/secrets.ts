/** Outcomes that hold secrets, such as the cookie of a session: how long they are kept whole, and what stays of them. */

import type { Outcome } from "../operation/operation.ts";
import type { After } from "../time/timers.ts";
import type { JournalEntry } from "./journal.ts";

/** How long an outcome that holds secrets is kept whole where it was not delivered, in milliseconds: 10 min. */
export const secretMs: number = 10 * 60_000;

/** The entry with its outcome as {@link bare} has it. It still prevents a second run. */
export function withoutSecrets(entry: JournalEntry): JournalEntry {
  const { outcome } = entry;
  return outcome ? { ...entry, outcome: bare(outcome) } : entry;
}

/** Of an outcome that holds secrets, what stays: its status. Any other as it is. */
export function bare(outcome: Outcome): Outcome {
  if (!outcome.secret || outcome.forgotten) return outcome;
  const { status, runsAnew } = outcome;
  const again = runsAnew === undefined ? {} : { runsAnew };
  return { status, fields: {}, content: "", secret: true, forgotten: true, ...again };
}

/** When an entry ended whose outcome holds secrets still; undefined for all others. */
export function secretSince({ outcome, endedAtMs, startedAtMs }: JournalEntry): number | undefined {
  return outcome?.secret && !outcome.forgotten ? (endedAtMs ?? startedAtMs) : undefined;
}

/** The clocks of a journal, in milliseconds since the epoch, and its timers. */
export interface SecretClocks {
  /** The time of day, by which entries ended. */
  readonly now: () => number;
  /** A clock that does not jump. */
  readonly lease: () => number;
  readonly after: After;
}

/** Watches over the secrets in a journal. */
export class SecretWatch {
  readonly #clocks: SecretClocks;
  readonly #forget: (id: string) => void;
  readonly #dueAtMs = new Map<string, number>();
  /** When the first of them is due, while the timer runs. */
  #nextAtMs = Number.POSITIVE_INFINITY;
  #cancel: (() => void) | undefined;

  /** @param forget is to replace the entry by {@link withoutSecrets} */
  constructor(clocks: SecretClocks, forget: (id: string) => void) {
    this.#clocks = clocks;
    this.#forget = forget;
  }

  /** An entry was put, in place of the one with the same id. @param sinceMs see {@link secretSince} */
  put(id: string, sinceMs: number | undefined): void {
    if (sinceMs === undefined) {
      this.remove(id);
      return;
    }
    if (this.#dueAtMs.has(id)) return;
    const { now, lease } = this.#clocks;
    const ageMs = Math.max(0, now() - sinceMs);
    const dueAtMs = lease() + secretMs - ageMs;
    this.#dueAtMs.set(id, dueAtMs);
    if (dueAtMs < this.#nextAtMs) this.close();
    this.#watch();
  }

  remove(id: string): void {
    this.#dueAtMs.delete(id);
    if (this.#dueAtMs.size === 0) this.close();
  }

  /** Whether its time has passed: then nobody is to see it any more. */
  isDue(id: string): boolean {
    const dueAtMs = this.#dueAtMs.get(id);
    return dueAtMs !== undefined && dueAtMs <= this.#clocks.lease();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #watch(): void {
    if (this.#dueAtMs.size === 0 || this.#cancel) return;
    this.#nextAtMs = [...this.#dueAtMs.values()].reduce((first, atMs) => Math.min(first, atMs));
    this.#cancel = this.#clocks.after(Math.max(leastMs, this.#nextAtMs - this.#clocks.lease()), () => {
      this.#cancel = undefined;
      for (const id of [...this.#dueAtMs.keys()]) if (this.isDue(id)) this.#forget(id);
      this.#watch();
    });
  }
}

/** What could not be forgotten is tried again after this time. */
const leastMs = 1_000;
