import type { Journal, JournalEntry } from "../journal/journal.ts";
import type { OperationNews, SharedJournal } from "../journal/shared-journal.ts";
import type { Operation } from "../operation/operation.ts";
import type { After } from "../time/timers.ts";
import { RemoteOperation, type RemoteWatch } from "./remote-operation.ts";

/** How often the journal is read while a request waits for an operation of another process, in milliseconds; a hint has it read at once. */
export const pollMs = 1_000;

export interface RemoteOperationsOptions {
  readonly journal: Journal;
  readonly shared: SharedJournal;
  readonly after: After;
  readonly warn: (message: string, operation: Operation) => void;
}

/**
 * Operations that other processes run. The journal is read for those that a request waits for, all in one call, and at once
 * where it hints at news; for the others it is not read.
 */
export class RemoteOperations {
  readonly #options: RemoteOperationsOptions;
  readonly #watched = new Map<string, RemoteOperation>();
  readonly #watch: RemoteWatch;
  readonly #unsubscribe: () => void;
  #cancelTimer: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  /** A hint came while the journal was being looked at. */
  #isHinted = false;
  #isOver = false;

  constructor(options: RemoteOperationsOptions) {
    this.#options = options;
    this.#watch = {
      warn: options.warn,
      watch: (operation) => this.#add(operation),
      requestCancel: (id) => void this.#requestCancel(id),
    };
    this.#unsubscribe = options.shared.subscribe((id) => this.#hint(id));
  }

  /** How many are looked after. */
  get size(): number {
    return this.#watched.size;
  }

  /** Entries that run elsewhere, as operations with their latest news. */
  async of(entries: readonly JournalEntry[]): Promise<readonly Operation[]> {
    const unknown = entries.filter(({ id }) => !this.#watched.has(id));
    const news = unknown.length === 0 ? [] : await this.#options.shared.news(unknown.map(({ id }) => id));
    const byId = new Map(news.map((one) => [one.id, one]));
    return entries.map(
      (entry) => this.#watched.get(entry.id) ?? new RemoteOperation(entry, byId.get(entry.id), this.#watch),
    );
  }

  /** Looks no more. Those who wait hear nothing. */
  close(): void {
    this.#isOver = true;
    this.#unsubscribe();
    this.#cancelTimer?.();
    this.#watched.clear();
  }

  #add(operation: RemoteOperation): void {
    if (this.#isOver || this.#watched.has(operation.id)) return;
    this.#watched.set(operation.id, operation);
    // It may have ended since its entry was read.
    this.#lookSoon();
  }

  #hint(id: string): void {
    if (this.#watched.has(id)) this.#lookSoon();
  }

  #lookSoon(): void {
    this.#isHinted = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (!this.#isOver && this.#watched.size > 0) {
        this.#cancelTimer?.();
        this.#cancelTimer = this.#options.after(pollMs, () => this.#lookSoon());
      }
    });
  }

  async #look(): Promise<void> {
    while (this.#isHinted && this.#watched.size > 0 && !this.#isOver) {
      this.#isHinted = false;
      const watched = [...this.#watched.values()];
      try {
        const news = await this.#options.shared.news(watched.map(({ id }) => id));
        const byId = new Map(news.map((one) => [one.id, one]));
        for (const operation of watched) await this.#lookAt(operation, byId.get(operation.id));
      } catch (error) {
        this.#notRead(error, watched[0]);
      }
    }
  }

  /** One that cannot be read keeps nobody from the others. */
  async #lookAt(operation: RemoteOperation, news: OperationNews | undefined): Promise<void> {
    if (news?.state === "running" || news?.state === "cancelling") {
      operation.take(news);
      return;
    }
    try {
      this.#end(operation, await this.#options.journal.get(operation.id));
    } catch (error) {
      this.#notRead(error, operation);
    }
  }

  #notRead(error: unknown, operation: RemoteOperation | undefined): void {
    if (operation === undefined || this.#isOver) return;
    this.#options.warn(`an operation of another process could not be read: ${String(error)}`, operation);
  }

  #end(operation: RemoteOperation, entry: JournalEntry | undefined): void {
    // It ran anew in another process in between, or the news came first.
    if (entry !== undefined && entry.outcome === undefined) return;
    this.#watched.delete(operation.id);
    operation.end(entry);
  }

  async #requestCancel(id: string): Promise<void> {
    try {
      await this.#options.shared.requestCancel(id);
    } catch (error) {
      const operation = this.#watched.get(id);
      if (operation) this.#options.warn(`it could not be asked to stop: ${String(error)}`, operation);
    }
  }
}
