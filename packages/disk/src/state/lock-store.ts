import type { Lock, LockToken, ResourcePath } from "@meanwhile/dav";
import { type LockLimits, LockTable } from "@meanwhile/server/internal";
import type { LockRequest, LockResult, LockStore } from "@meanwhile/server/store";
import type { Database, RootDatabase } from "lmdb";
import { type LockRecordJson, readLockRecord, writeLockRecord } from "./lock-record.ts";
import type { Reserve } from "./reserve.ts";
import { WriteQueue } from "./write-queue.ts";

export interface LockStoreOptions {
  /** The environment; the locks have a database of their own in it, named "locks". Its owner closes it. */
  readonly database: RootDatabase;
  /** Room for removing locks, where the disk is full. */
  readonly reserve?: Reserve;
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
  readonly #queue: WriteQueue;
  readonly #table: LockTable;
  /** What the call at hand changed in memory and has not written yet. */
  #changes: (() => void)[] = [];

  constructor({ database, reserve, ...options }: LockStoreOptions) {
    this.#kept = database.openDB<LockRecordJson, LockToken>({ name: "locks", encoding: "json" });
    this.#queue = new WriteQueue(database, undefined, reserve);
    const locks = this.#load();
    this.#table = new LockTable({
      ...options,
      record: {
        put: (lock) => this.#changes.push(() => void this.#kept.put(lock.token, writeLockRecord(lock))),
        drop: (token) => this.#changes.push(() => void this.#kept.remove(token)),
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

  /** Waits for what is on its way to the database, which stays open. */
  async close(): Promise<void> {
    await this.#queue.settled();
  }

  #load(): readonly Lock[] {
    const locks: Lock[] = [];
    for (const { key, value } of this.#kept.getRange()) locks.push(readLockRecord(key, value));
    return locks;
  }

  /** Writes what the call at hand changed, in one piece; resolves once it is committed. */
  async #write(options: { readonly freesRoom?: boolean } = {}): Promise<void> {
    const changes = this.#changes;
    this.#changes = [];
    if (changes.length === 0) return;
    await this.#queue.run(
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
