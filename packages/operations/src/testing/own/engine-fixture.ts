import type { Journal, JournalEntry } from "../../journal/journal.ts";
import { memoryJournal } from "../../journal/memory-journal.ts";
import type { Outcome } from "../../operation/operation.ts";
import { createOperations, type Failure, type Operations, type OperationsOptions } from "../../operations.ts";

/** The time of the engine and of the journal. */
const nowMs = 1000;

/** A journal whose puts wait, or fail, as the test says, and which another process can take up. */
export interface WatchedJournal extends Journal {
  /** Every put that was recorded, in short: `id state`, with the intent's or the outcome's. */
  readonly recorded: readonly string[];
  /** From now on puts and removals fail with this; undefined: they succeed again. */
  failing: Error | undefined;
  /** Puts wait from now on until `letPutsGo` is called. */
  holdPuts(): void;
  letPutsGo(): void;
  /** What a later process would find: what runs is unfinished. */
  later(): Journal;
}

export function watchedJournal(): WatchedJournal {
  const kept = memoryJournal({}, () => nowMs);
  const recorded: string[] = [];
  const running = new Map<string, JournalEntry>();
  let gate: Promise<void> = Promise.resolve();
  let open = (): void => {};
  const journal: WatchedJournal = {
    recorded,
    failing: undefined,
    holdPuts() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    letPutsGo: () => open(),
    async put(entry, options) {
      await gate;
      if (journal.failing) throw journal.failing;
      const what = entry.outcome?.status ?? (entry.intent === undefined ? "" : JSON.stringify(entry.intent));
      const light = options?.durable === false ? " lightly" : "";
      recorded.push(`${entry.id} ${entry.state} ${what}`.trim() + light);
      if (entry.state === "running") running.set(entry.id, entry);
      else running.delete(entry.id);
      await kept.put(entry);
    },
    async take(entry, replaces, options) {
      const holder = kept.byKey(entry.key?.name ?? "") as JournalEntry | undefined;
      if (holder && holder.id !== replaces) return holder;
      await this.put(entry, options);
      return undefined;
    },
    async mark(id, marks) {
      if (journal.failing) throw journal.failing;
      await kept.mark(id, marks);
    },
    get: (id) => kept.get(id),
    byKey: (name) => kept.byKey(name),
    list: (principal, limit) => kept.list(principal, limit),
    unfinished: () => [],
    async remove(id) {
      if (journal.failing) throw journal.failing;
      recorded.push(`${id} removed`);
      running.delete(id);
      await kept.remove(id);
    },
    later: () => ({ ...journal, unfinished: () => [...running.values()] }),
  };
  return journal;
}

export interface Engine {
  readonly operations: Operations;
  readonly warnings: readonly string[];
  /** Time-outs that are set, in milliseconds. */
  timeouts(): readonly number[];
  /** Lets the one at this place pass. */
  fire(index: number): void;
}

/** An engine with ids o1, o2 ..., a clock that stands at 1000, and timers that fire when the test says so. */
export function engine(options: OperationsOptions = {}): Engine {
  const warnings: string[] = [];
  const timers: { readonly ms: number; readonly callback: () => void; cancelled: boolean }[] = [];
  let last = 0;
  const operations = createOperations({
    now: () => nowMs,
    newId: () => `o${++last}`,
    warn: (message, operation) => warnings.push(`${operation?.id}: ${message}`),
    after: (ms, callback) => {
      const timer = { ms, callback, cancelled: false };
      timers.push(timer);
      return () => {
        timer.cancelled = true;
      };
    },
    ...options,
  });
  return {
    operations,
    warnings,
    timeouts: () => timers.filter(({ cancelled }) => !cancelled).map(({ ms }) => ms),
    fire(index) {
      const timer = timers.filter(({ cancelled }) => !cancelled)[index];
      if (timer) timer.callback();
    },
  };
}

/** Work that ends when the test says so. */
export interface Gate {
  readonly run: () => Promise<Outcome>;
  end(outcome?: Outcome): void;
  fail(error: Error): void;
  /** How often it was run. */
  readonly runs: number;
}

export function gate(): Gate {
  let runs = 0;
  let end: (outcome: Outcome) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const outcome = new Promise<Outcome>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return {
    get runs() {
      return runs;
    },
    run() {
      runs += 1;
      return outcome;
    },
    end: (given = created) => end(given),
    fail: (error) => fail(error),
  };
}

export const created: Outcome = { status: 201, fields: {}, content: "" };

export const failed: Failure = (error) => ({ status: 500, fields: {}, content: String(error) });

export const subject = { kind: "COPY", target: "https://example.org/a", principal: "ann" } as const;

export const key = { name: "key", fingerprint: "f", chosen: true } as const;

/** Lets everything happen that waits for nothing outside. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
