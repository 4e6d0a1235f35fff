/** An operation in this process, while it runs and after. */
import type { JournalEntry } from "./journal.ts";
import { type MemberResults, RecentResults } from "./member-results.ts";
import type { Operation, OperationState, OperationSubject, Outcome, Work } from "./operation.ts";
import { type Advance, advance, advanceBytes, noProgress, type OperationProgress } from "./progress.ts";

export class RunningOperation implements Operation {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
  readonly principal: string | undefined;
  readonly startedAtMs: number;
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

  constructor(
    id: string,
    subject: OperationSubject,
    startedAtMs: number,
    warn: ((message: string, operation: Operation) => void) | undefined,
  ) {
    this.id = id;
    this.kind = subject.kind;
    this.target = subject.target;
    this.principal = subject.principal;
    this.startedAtMs = startedAtMs;
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

  /** Records the outcome; whoever waits is told. Only the first call counts. */
  end(outcome: Outcome, nowMs: number): void {
    if (this.#outcome) return;
    this.#outcome = outcome;
    this.#endedAtMs = nowMs;
    this.#state = this.#state === "cancelling" && outcome.status >= 400 ? "cancelled" : "finished";
    this.#changed();
    this.#listeners.clear();
    this.#resolve(outcome);
  }

  /** What the journal keeps of an operation that has ended. */
  entry(): JournalEntry {
    if (!this.#outcome || this.#state === "running" || this.#state === "cancelling") {
      throw new Error("the operation has not ended");
    }
    return {
      id: this.id,
      kind: this.kind,
      target: this.target,
      principal: this.principal,
      state: this.#state,
      startedAtMs: this.startedAtMs,
      endedAtMs: this.#endedAtMs ?? this.startedAtMs,
      progress: this.#progress,
      failed: this.#results.failed(),
      failures: this.#results.failures,
      version: this.#version,
      outcome: this.#outcome,
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
