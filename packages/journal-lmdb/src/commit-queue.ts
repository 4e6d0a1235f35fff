import { type RootDatabase, TransactionFlags } from "lmdb";
import { JournalError } from "./journal-error.ts";

interface Waiting {
  readonly change: () => void;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Group commit: all changes of one turn of the event loop are written and flushed in one transaction.
 *
 * The commit is synchronous: after a full disk, lmdb's asynchronous writes do not settle (3.5.6). So the process
 * stands still while the disk flushes, once for all changes of a turn.
 */
export class CommitQueue {
  readonly #database: RootDatabase;
  #waiting: Waiting[] = [];
  #next: Promise<void> | undefined;
  #closed = false;

  constructor(database: RootDatabase) {
    this.#database = database;
  }

  /**
   * Makes a change, in the order of calls. Resolves once it is committed.
   *
   * @throws {JournalError} "ERR_JOURNAL_UNAVAILABLE" if it was not; nothing of it was written then
   */
  run(change: () => void): Promise<void> {
    if (this.#closed) return Promise.reject(unavailable("the journal is closed"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, resolve, reject });
      this.#next ??= new Promise((done) => {
        setImmediate(() => {
          this.#next = undefined;
          this.#commit(this.#waiting.splice(0));
          done();
        });
      });
    });
  }

  /** Commits what waits, and refuses what comes later. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#next;
  }

  #commit(group: readonly Waiting[]): void {
    try {
      this.#database.transactionSync(() => {
        for (const { change } of group) change();
      }, whole);
    } catch (cause) {
      const error = unavailable("the journal could not be written", { cause });
      for (const { reject } of group) reject(error);
      return;
    }
    for (const { resolve } of group) resolve();
  }
}

/** Nothing of a group that fails stays. */
const whole: TransactionFlags = TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT;

function unavailable(message: string, options?: ErrorOptions): JournalError {
  return new JournalError("ERR_JOURNAL_UNAVAILABLE", message, options);
}
