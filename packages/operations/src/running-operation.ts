/** An operation in this process, while it runs and after. */
import type { JournalEntry, Json, RepetitionKey } from "./journal.ts";
import { type MemberResults, RecentResults } from "./member-results.ts";
import type { Operation, OperationState, OperationSubject, Outcome, Work } from "./operation.ts";
import { type Advance, advance, advanceBytes, noProgress, type OperationProgress } from "./progress.ts";

/** What an operation of this process is made of. */
export interface RunningOptions {
  readonly id: string;
  readonly subject: OperationSubject;
  readonly startedAtMs: number;
  readonly key: RepetitionKey | undefined;
  /** What was recorded before, where an earlier process began the work. */
  readonly intent: Json | undefined;
  /** Records the operation as it is now. */
  readonly record: (operation: RunningOperation) => Promise<void>;
  readonly warn: ((message: string, operation: Operation) => void) | undefined;
}

export class RunningOperation implements Operation {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly principal: string | undefined;
  readonly startedAtMs: number;
  readonly key: RepetitionKey | undefined;
  readonly ended: Promise<Outcome>;
  readonly work: Work;

  #state: OperationState = "running";
  #progress: OperationProgress = noProgress;
  #outcome: Outcome | undefined;
  #endedAtMs: number | undefined;
  #version = 0;
  readonly #results = new RecentResults();
  readonly #listeners = new Set<() => void>();
  // Made when somebody asks for it: most operations are never cancelled.
  #cancelling: AbortController | undefined;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #warn: ((message: string, operation: Operation) => void) | undefined;
  #intent: Json | undefined;
  /** Its principal does not want to see it any more. */
  hidden = false;
  /** Whoever asked for it has its final response. */
  delivered = false;
  /** It is recorded, and kept beyond its end. */
  kept: boolean;
  /** Somebody was told where to ask for it, or chose a key to ask with. */
  told: boolean;

  constructor({ id, subject, startedAtMs, key, intent, record, warn }: RunningOptions) {
    this.id = id;
    this.kind = subject.kind;
    this.target = subject.target;
    this.principal = subject.principal;
    this.startedAtMs = startedAtMs;
    this.key = key;
    this.#intent = intent;
    this.told = key?.chosen === true;
    this.kept = this.told || intent !== undefined;
    this.#warn = warn;
    let resolve: (outcome: Outcome) => void = () => undefined;
    this.ended = new Promise((settle) => {
      resolve = settle;
    });
    this.#resolve = resolve;
    const signal = (): AbortSignal => this.#signal();
    this.work = {
      operation: this,
      get signal() {
        return signal();
      },
      progress: (done, total, remark) => this.#take(advance(this.#progress, done, total, remark)),
      bytes: (done, total) => this.#take(advanceBytes(this.#progress, done, total)),
      intend: (wanted) => {
        this.#intent = wanted;
        this.kept = true;
        return record(this);
      },
      result: (status, uri) => {
        if (this.#over("a result")) return;
        this.#results.add(status, uri);
        this.#changed();
      },
    };
  }

  get state(): OperationState {
    return this.#state;
  }

  get progress(): OperationProgress {
    return this.#progress;
  }

  get results(): MemberResults {
    return this.#results;
  }

  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  get endedAtMs(): number | undefined {
    return this.#endedAtMs;
  }

  get version(): number {
    return this.#version;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  cancel(): boolean {
    if (this.#outcome) return false;
    this.#state = "cancelling";
    this.#signal();
    this.#cancelling?.abort();
    this.#changed();
    return true;
  }

  /** Takes the outcome; only the first call counts. Whoever waits is told by {@link RunningOperation.tell}. */
  end(outcome: Outcome, nowMs: number, interrupted: boolean): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    this.#endedAtMs = nowMs;
    const cancelled = this.#state === "cancelling" && outcome.status >= 400;
    this.#state = interrupted ? "interrupted" : cancelled ? "cancelled" : "finished";
  }

  /** Tells whoever waits for the outcome. */
  tell(): void {
    if (!this.#outcome) return;
    this.#changed();
    this.#listeners.clear();
    this.#resolve(this.#outcome);
  }

  /** What the journal keeps of it. */
  entry(): JournalEntry {
    return {
      id: this.id,
      kind: this.kind,
      target: this.target,
      principal: this.principal,
      state: this.#state === "cancelling" ? "running" : this.#state,
      startedAtMs: this.startedAtMs,
      endedAtMs: this.#endedAtMs,
      progress: this.#progress,
      failed: this.#results.failed(),
      failures: this.#results.failures,
      version: this.#version,
      outcome: this.#outcome,
      intent: this.#outcome ? undefined : this.#intent,
      key: this.key,
      hidden: this.hidden,
      delivered: this.delivered,
    };
  }

  #signal(): AbortSignal {
    this.#cancelling ??= new AbortController();
    return this.#cancelling.signal;
  }

  #take(step: Advance): void {
    if (this.#over("progress")) return;
    if ("refused" in step) {
      this.#warn?.(`progress is ignored: ${step.refused}`, this);
      return;
    }
    this.#progress = step.progress;
    this.#changed();
  }

  #over(what: string): boolean {
    if (!this.#outcome) return false;
    this.#warn?.(`${what} after the end is ignored`, this);
    return true;
  }

  #changed(): void {
    this.#version += 1;
    for (const listener of this.#listeners) {
      try {
        listener();
      } catch (error) {
        // One who listens badly must not harm the work or the others.
        this.#warn?.(`a listener failed: ${String(error)}`, this);
      }
    }
  }
}
