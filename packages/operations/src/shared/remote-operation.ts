import type { JournalEntry } from "../journal/journal.ts";
import type { OperationNews, PublishedResults } from "../journal/shared-journal.ts";
import type { MemberResult, MemberResults } from "../operation/member-results.ts";
import type { Operation, OperationState, Outcome, RepetitionKey } from "../operation/operation.ts";
import type { OperationProgress } from "../operation/progress.ts";

/** What a view of another process's operation asks of those who look after it. */
export interface RemoteWatch {
  /** A request waits for the operation, or follows it: from now on the journal is read for it. */
  watch(operation: RemoteOperation): void;
  requestCancel(id: string): void;
  readonly warn: (message: string, operation: Operation) => void;
}

/** An operation that another process runs, as the journal tells of it. */
export class RemoteOperation implements Operation {
  readonly #watch: RemoteWatch;
  #entry: JournalEntry;
  #news: OperationNews | undefined;
  #isCancelling = false;
  #isOver = false;
  readonly #listeners = new Set<() => void>();
  #ended: { readonly promise: Promise<Outcome>; readonly resolve: (outcome: Outcome) => void } | undefined;

  constructor(entry: JournalEntry, news: OperationNews | undefined, watch: RemoteWatch) {
    this.#entry = entry;
    this.#news = news;
    this.#watch = watch;
  }

  get id(): string {
    return this.#entry.id;
  }

  get kind(): string {
    return this.#entry.kind;
  }

  get target(): string {
    return this.#entry.target;
  }

  get destination(): string | undefined {
    return this.#entry.destination;
  }

  get principal(): string | undefined {
    return this.#entry.principal;
  }

  get hidden(): boolean {
    return this.#entry.hidden;
  }

  get startedAtMs(): number {
    return this.#entry.startedAtMs;
  }

  get endedAtMs(): number | undefined {
    return this.#entry.endedAtMs;
  }

  get state(): OperationState {
    if (this.#entry.state !== "running") return this.#entry.state;
    return this.#isCancelling || this.#news?.state === "cancelling" ? "cancelling" : "running";
  }

  get progress(): OperationProgress {
    return this.#latest?.progress ?? this.#entry.progress;
  }

  get results(): MemberResults {
    return this.#latest ? resultsOf(this.#latest.results) : recordedResults(this.#entry);
  }

  get version(): number {
    return (this.#latest ?? this.#entry).version;
  }

  get key(): RepetitionKey | undefined {
    return this.#entry.key;
  }

  get outcome(): Outcome | undefined {
    return this.#entry.outcome;
  }

  get ended(): Promise<Outcome> {
    if (this.#ended) return this.#ended.promise;
    let resolve: (outcome: Outcome) => void = () => undefined;
    const promise = new Promise<Outcome>((settle) => {
      resolve = settle;
    });
    this.#ended = { promise, resolve };
    if (this.#entry.outcome) resolve(this.#entry.outcome);
    else this.#watch.watch(this);
    return promise;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (!this.#isOver) this.#watch.watch(this);
    return () => this.#listeners.delete(listener);
  }

  cancel(): boolean {
    if (this.#isOver || this.#entry.outcome) return false;
    this.#isCancelling = true;
    this.#watch.requestCancel(this.id);
    this.#changed();
    return true;
  }

  /** Takes what the owner tells, unless it is older than what is known. */
  take(news: OperationNews): void {
    if (this.#isOver || (this.#news !== undefined && news.version <= this.#news.version)) return;
    this.#news = news;
    this.#changed();
  }

  /** It has ended, as the journal has it. Where the journal has dropped it meanwhile, nothing tells how. */
  end(entry: JournalEntry | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const outcome = entry?.outcome ?? gone;
    this.#entry = { ...(entry ?? { ...this.#entry, state: "interrupted" }), outcome };
    this.#changed();
    this.#listeners.clear();
    this.#ended?.resolve(outcome);
  }

  /** The news, unless the entry is newer. */
  get #latest(): OperationNews | undefined {
    const news = this.#news;
    return news && news.version >= this.#entry.version ? news : undefined;
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        this.#watch.warn(`a listener failed: ${String(error)}`, this);
      }
    }
  }
}

/** What became of an operation is not known. */
const gone: Outcome = { status: 500, fields: {}, content: "" };

function resultsOf({ latest, failures, recent }: PublishedResults): MemberResults {
  const shown = ({ status, uri }: MemberResult): MemberResult => ({ status, uri });
  const hasFailed = ({ status }: MemberResult): boolean => status >= 400;
  return {
    latest,
    failures,
    since(after) {
      const fresh = recent.filter(({ number }) => number > after).reverse();
      return [...fresh.filter(hasFailed), ...fresh.filter((one) => !hasFailed(one))].map(shown);
    },
    failed: () => recent.filter(hasFailed).map(shown),
    latestOnes: () => recent,
  };
}

/** What an entry has of them: failures alone, and nobody knows which came first. */
function recordedResults({ failed, failures }: JournalEntry): MemberResults {
  const recent = failed.map((result, index) => ({ ...result, number: index + 1 }));
  return resultsOf({ latest: recent.length, failures, recent });
}
