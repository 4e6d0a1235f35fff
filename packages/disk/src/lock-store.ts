import type { Lock, LockToken } from "@meanwhile/dav/lock";
import type { ResourcePath } from "@meanwhile/dav/path";
import { type LockLimits, LockTable } from "@meanwhile/server/lock-table";
import { type LockRequest, type LockResult, type LockStore, TreeError } from "@meanwhile/server/store";
import type { Database, RootDatabase } from "lmdb";
import { type LockRecordJson, readLockRecord, writeLockRecord } from "./lock-record.ts";

export interface LockStoreOptions {
  /** The environment; the locks have a database of their own in it, named "locks". Its owner closes it. */
  readonly database: RootDatabase;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Default: `urn:uuid:` and a random UUID (RFC 4918 §6.5). */
  readonly newLockToken?: () => LockToken;
  readonly limits?: Partial<LockLimits>;
}

/**
 * Opens the locks of a folder. All of them are held in memory, where requests are answered; each change is written
 * through to LMDB, and is answered only once it is committed there, so that it survives a restart, and the kill of
 * the process.
 *
 * @throws {TreeError} "unavailable" if a kept lock cannot be read; nothing is changed then.
 */
export function openLockStore(options: LockStoreOptions): LockStore {
  return new DiskLockStore(options);
}

class DiskLockStore implements LockStore {
  readonly #kept: Database<LockRecordJson, LockToken>;
  readonly #table: LockTable;
  /** Writes of the call at hand that are not committed yet. */
  #writes: Promise<unknown>[] = [];

  constructor({ database, ...options }: LockStoreOptions) {
    this.#kept = database.openDB<LockRecordJson, LockToken>({ name: "locks", encoding: "json" });
    const locks = this.#load();
    this.#table = new LockTable({
      ...options,
      record: {
        put: (lock) => this.#write(() => this.#kept.put(lock.token, writeLockRecord(lock))),
        drop: (token) => this.#write(() => this.#kept.remove(token)),
      },
    });
    for (const lock of locks) this.#table.restore(lock);
    this.#forgetWrites();
  }

  covering(path: ResourcePath): readonly Lock[] {
    const locks = this.#table.covering(path);
    this.#forgetWrites();
    return locks;
  }

  within(path: ResourcePath): readonly Lock[] {
    const locks = this.#table.within(path);
    this.#forgetWrites();
    return locks;
  }

  async create(request: LockRequest): Promise<LockResult> {
    const result = this.#table.create(request);
    try {
      await this.#committed();
    } catch (error) {
      // The client will not learn the token of a lock that was not kept: nobody could remove it.
      if (result.kind === "granted") this.#table.remove(result.lock.token);
      this.#forgetWrites();
      throw error;
    }
    return result;
  }

  async refresh(token: LockToken, timeoutSeconds: number): Promise<Lock | undefined> {
    const lock = this.#table.refresh(token, timeoutSeconds);
    await this.#committed();
    return lock;
  }

  async remove(token: LockToken): Promise<boolean> {
    const removed = this.#table.remove(token);
    await this.#committed();
    return removed;
  }

  async removeWithin(path: ResourcePath): Promise<void> {
    this.#table.removeWithin(path);
    await this.#committed();
  }

  /** Waits for what is on its way to the database, which stays open. */
  async close(): Promise<void> {
    await this.#kept.committed;
  }

  #load(): readonly Lock[] {
    const locks: Lock[] = [];
    for (const { key, value } of this.#kept.getRange()) locks.push(readLockRecord(key, value));
    return locks;
  }

  /** Begins a write. One that cannot even begin, as on a closed database, has failed like any other. */
  #write(begin: () => Promise<unknown>): void {
    this.#writes.push(new Promise((resolve) => resolve(begin())));
  }

  /** Waits until the changes that the call at hand made are committed. */
  async #committed(): Promise<void> {
    const writes = this.#writes;
    this.#writes = [];
    try {
      await Promise.all(writes);
    } catch (cause) {
      throw new TreeError("unavailable", "the change of a lock could not be written", { cause });
    }
  }

  /** Lets writes go on that nobody waits for: they drop expired locks, which the next start would drop as well. */
  #forgetWrites(): void {
    for (const write of this.#writes) write.catch(() => {});
    this.#writes = [];
  }
}
