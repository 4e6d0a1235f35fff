import type { PutOptions } from "@meanwhile/operations";
import { type RootDatabase, TransactionFlags } from "lmdb";
import { type JournalError, journalFailure } from "./journal-error.ts";

interface Waiting {
  readonly change: () => void;
  readonly freesRoom: boolean;
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

  readonly #makeRoom: () => boolean;

  /** @param makeRoom gives up what is held in reserve for changes that free room; false where there is nothing */
  constructor(database: RootDatabase, makeRoom: () => boolean = () => false) {
    this.#database = database;
    this.#makeRoom = makeRoom;
  }

  /**
   * Makes a change, in the order of calls. Resolves once it is committed.
   *
   * @throws {JournalError} "ERR_JOURNAL_UNAVAILABLE" "ERR_JOURNAL_FULL" if it was not; nothing of it was written then
   */
  run(change: () => void, { freesRoom = false }: PutOptions = {}): Promise<void> {
    if (this.#closed) return Promise.reject(journalFailure("the journal is closed"));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, freesRoom, resolve, reject });
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
    const failure = this.#tryToCommit(group);
    if (failure === undefined) return;
    const freeing = group.filter(({ freesRoom }) => freesRoom);
    const others = group.filter(({ freesRoom }) => !freesRoom);
    for (const { reject } of others) reject(failure);
    if (freeing.length === 0) return;
    const last =
      failure.code === "ERR_JOURNAL_FULL" && this.#makeRoom() ? this.#tryToCommit(freeing) : failure;
    if (last !== undefined) for (const { reject } of freeing) reject(last);
  }

  /** @returns what it failed with: then none of the changes is made, and nobody is told yet */
  #tryToCommit(group: readonly Waiting[]): JournalError | undefined {
    try {
      this.#database.transactionSync(() => {
        for (const { change } of group) change();
      }, whole);
    } catch (cause) {
      return journalFailure("the journal could not be written", cause);
    }
    for (const { resolve } of group) resolve();
    return undefined;
  }
}

/** Nothing of a group that fails stays. */
const whole: TransactionFlags = TransactionFlags.ABORTABLE | TransactionFlags.SYNCHRONOUS_COMMIT;
