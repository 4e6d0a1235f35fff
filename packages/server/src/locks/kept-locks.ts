/** Locks that survive the process: the table of locks, each change of which is recorded. */
import type { Lock, LockToken, ResourcePath } from "@meanwhile/dav";
import { type LockRecordJson, readLockRecord, writeLockRecord } from "./lock-record.ts";
import type { LockRequest, LockResult, LockStore } from "./lock-store.ts";
import { type LockLimits, LockTable } from "./lock-table.ts";

/** Where locks are kept: records by token. They are put and removed within a change only. */
export interface LockRecords {
  /** All that there are, in any order. */
  range(): Iterable<{ readonly key: string; readonly value: unknown }>;
  put(token: string, record: LockRecordJson): void;
  remove(token: string): void;
}

export interface KeptLocksOptions {
  readonly records: LockRecords;
  /**
   * Runs `work`, which puts and removes records. Resolves once the end of the process cannot undo that any more; a loss of
   * power may. Changes are made in the order of calls. A change that frees room may use what is held for that.
   */
  readonly change: (
    work: () => void,
    options: { readonly durable: false; readonly freesRoom?: boolean },
  ) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Default: `urn:uuid:` and a random UUID (RFC 4918 §6.5). */
  readonly newLockToken?: () => LockToken;
  readonly limits?: Partial<LockLimits>;
}

/**
 * Opens the locks of a tree. All of them are held in memory, where requests are answered; each change is recorded, and is
 * answered only once it is, so that it survives a restart, and the kill of the process.
 *
 * @throws {TreeError} "unavailable" if a kept lock cannot be read; nothing is changed then.
 */
export function keptLocks(options: KeptLocksOptions): LockStore {
  return new KeptLocks(options);
}

class KeptLocks implements LockStore {
  readonly #records: LockRecords;
  readonly #change: KeptLocksOptions["change"];
  readonly #table: LockTable;
  /** What the call at hand changed in memory and has not written yet. */
  #changes: (() => void)[] = [];

  constructor({ records, change, ...options }: KeptLocksOptions) {
    this.#records = records;
    this.#change = change;
    const locks = this.#load();
    this.#table = new LockTable({
      ...options,
      record: {
        put: (lock) => this.#changes.push(() => records.put(lock.token, writeLockRecord(lock))),
        drop: (token) => this.#changes.push(() => records.remove(token)),
      },
    });
    for (const lock of locks) this.#table.restore(lock);
    this.#writeLater();
  }

  covering(path: ResourcePath): readonly Lock[] {
    const locks = this.#table.covering(path);
    this.#writeLater();
    return locks;
  }

  within(path: ResourcePath): readonly Lock[] {
    const locks = this.#table.within(path);
    this.#writeLater();
    return locks;
  }

  async create(request: LockRequest): Promise<LockResult> {
    const result = this.#table.create(request);
    try {
      await this.#write();
    } catch (error) {
      // The client will not learn the token of a lock that was not kept: nobody could remove it.
      if (result.kind === "granted") this.#table.remove(result.lock.token);
      this.#writeLater();
      throw error;
    }
    return result;
  }

  async refresh(token: LockToken, timeoutSeconds: number): Promise<Lock | undefined> {
    const lock = this.#table.refresh(token, timeoutSeconds);
    await this.#write();
    return lock;
  }

  async remove(token: LockToken): Promise<boolean> {
    const removed = this.#table.remove(token);
    await this.#write({ freesRoom: true });
    return removed;
  }

  async removeWithin(path: ResourcePath): Promise<void> {
    this.#table.removeWithin(path);
    await this.#write({ freesRoom: true });
  }

  now(): number {
    return this.#table.now();
  }

  #load(): readonly Lock[] {
    const locks: Lock[] = [];
    for (const { key, value } of this.#records.range()) locks.push(readLockRecord(key, value));
    return locks;
  }

  /** Writes what the call at hand changed, in one piece; resolves once it is committed. */
  async #write(options: { readonly freesRoom?: boolean } = {}): Promise<void> {
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length === 0) return;
    await this.#change(
      () => {
        for (const change of changes) change();
      },
      { ...committed, ...options },
    );
  }

  /** Writes that expired locks are gone, and waits for it no longer than the next start, which drops them as well. */
  #writeLater(): void {
    this.#write().catch(() => {});
  }
}

/** Enough for the end of the process. After a loss of power clients have to lock again. */
const committed = { durable: false } as const;
