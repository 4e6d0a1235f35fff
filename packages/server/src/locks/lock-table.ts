/** Locks in memory, with the rules of RFC 4918 §6 and §7: what a store of locks on one machine is built around. */
import type { Lock, LockToken, ResourcePath } from "@meanwhile/dav";
import { ExpiryQueue } from "./expiry-queue.ts";
import type { LockRequest, LockResult } from "./lock-store.ts";
import { LockTree } from "./lock-tree.ts";

export interface LockLimits {
  /** Locks in all. */
  readonly locks: number;
  /** Locks of one principal; all anonymous clients together are one. */
  readonly locksPerPrincipal: number;
  /** Shared locks rooted at one resource. */
  readonly locksPerResource: number;
  /** Characters in the owner elements of all locks. */
  readonly ownerCharacters: number;
  /** Names in the paths of all lock roots, those that paths share counted once. */
  readonly names: number;
}

export const defaultLockLimits: LockLimits = {
  locks: 100_000,
  locksPerPrincipal: 10_000,
  locksPerResource: 64,
  ownerCharacters: 64 * 1024 * 1024,
  names: 1_000_000,
};

/** Hears of each change at the moment it happens, in order. Must not throw. */
export interface LockRecord {
  /** A lock is new, or expires at another time. */
  put(lock: Lock): void;
  /** A lock is gone: removed, or expired. */
  drop(token: LockToken): void;
}

export interface LockTableOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** Default: `urn:uuid:` and a random UUID (RFC 4918 §6.5). */
  readonly newLockToken?: () => LockToken;
  /** Default for each: {@link defaultLockLimits}. */
  readonly limits?: Partial<LockLimits>;
  readonly record?: LockRecord;
}

/** How many expired locks one call takes out beyond those that it meets. */
const expiredPerCall = 64;

/** A clock that goes back less than this is taken for a clock that stands still. */
const toleratedStepMs = 1_000;

/**
 * A table of locks. Each method takes effect at once. Expired locks are in no answer, and one that expired before
 * the eyes of a caller does not come back when the clock goes back. No lock has longer to live than its timeout, so
 * a clock that is set right after years in the future leaves none behind for years.
 */
export class LockTable {
  readonly #clock: () => number;
  readonly #newLockToken: () => LockToken;
  readonly #limits: LockLimits;
  readonly #record: LockRecord | undefined;
  readonly #byToken = new Map<LockToken, Lock>();
  readonly #byRoot = new LockTree();
  readonly #byExpiry = new ExpiryQueue<LockToken>();
  readonly #perPrincipal = new Map<string | undefined, number>();
  #ownerCharacters = 0;
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(options: LockTableOptions) {
    this.#clock = options.clock;
    this.#newLockToken = options.newLockToken ?? (() => `urn:uuid:${globalThis.crypto.randomUUID()}`);
    this.#limits = { ...defaultLockLimits, ...options.limits };
    this.#record = options.record;
  }

  /** As {@link LockStore.now}. */
  now(): number {
    return this.#now();
  }

  /** How many locks are held, counting expired ones that nothing has met yet. */
  get size(): number {
    return this.#byToken.size;
  }

  /** Takes in a lock that was kept elsewhere, whatever the limits say now; an expired one is dropped. */
  restore(lock: Lock): void {
    const nowMs = this.#now();
    if (lock.expiresAtMs <= nowMs) this.#record?.drop(lock.token);
    else this.#insert(atMostItsTimeout(lock, nowMs));
  }

  /** As {@link LockStore.covering}. */
  covering(path: ResourcePath): readonly Lock[] {
    const nowMs = this.#now();
    return this.#living(this.#byRoot.covering(path), nowMs);
  }

  /** As {@link LockStore.within}. */
  within(path: ResourcePath): readonly Lock[] {
    const nowMs = this.#now();
    return this.#living(this.#byRoot.within(path), nowMs);
  }

  /** As {@link LockStore.create}. */
  create(request: LockRequest): LockResult {
    const nowMs = this.#now();
    const against = this.#conflicting(request, nowMs);
    if (against.length > 0) return { kind: "conflict", locks: against };
    if (this.#isExhausted(request)) {
      // What has expired does not count.
      this.#dropExpired(nowMs, Number.POSITIVE_INFINITY);
      if (this.#isExhausted(request)) return { kind: "exhausted" };
    }
    const { root, scope, depth, owner, principal, timeoutSeconds } = request;
    const token = this.#newLockToken();
    const expiresAtMs = nowMs + timeoutSeconds * 1000;
    const lock: Lock = { token, root, scope, depth, owner, principal, timeoutSeconds, expiresAtMs };
    this.#insert(lock);
    this.#record?.put(lock);
    return { kind: "granted", lock };
  }

  /** As {@link LockStore.refresh}. */
  refresh(token: LockToken, timeoutSeconds: number): Lock | undefined {
    const nowMs = this.#now();
    const lock = this.#livingByToken(token, nowMs);
    if (lock === undefined) return undefined;
    const refreshed: Lock = { ...lock, timeoutSeconds, expiresAtMs: nowMs + timeoutSeconds * 1000 };
    this.#replace(lock, refreshed);
    this.#record?.put(refreshed);
    return refreshed;
  }

  /** As {@link LockStore.remove}. */
  remove(token: LockToken): boolean {
    const lock = this.#livingByToken(token, this.#now());
    if (lock === undefined) return false;
    this.#drop(lock);
    return true;
  }

  /** As {@link LockStore.removeWithin}. */
  removeWithin(path: ResourcePath): void {
    this.#now();
    for (const lock of this.#byRoot.within(path)) this.#drop(lock);
  }

  /**
   * RFC 4918 §6.2: an exclusive lock stands against every other, a shared one against exclusive ones only. Whose
   * they are does not matter. §9.10.3: with depth infinity all members below are asked too.
   */
  #conflicting({ root, scope, depth }: LockRequest, nowMs: number): readonly Lock[] {
    const covering = this.#living(this.#byRoot.covering(root), nowMs);
    const above = covering.filter((lock) => scope === "exclusive" || lock.scope === "exclusive");
    if (depth === "0") return above;
    const within = this.#living(this.#byRoot.within(root, { exclusive: scope === "shared" }), nowMs);
    return [...above, ...within.filter((lock) => lock.root !== root)];
  }

  #isExhausted({ root, owner, principal }: LockRequest): boolean {
    const limits = this.#limits;
    return (
      this.#byToken.size >= limits.locks ||
      (this.#perPrincipal.get(principal) ?? 0) >= limits.locksPerPrincipal ||
      this.#byRoot.at(root).length >= limits.locksPerResource ||
      this.#ownerCharacters + (owner?.length ?? 0) > limits.ownerCharacters ||
      this.#byRoot.names + this.#byRoot.newNames(root) > limits.names
    );
  }

  /** Reads the clock, and does a bounded share of what the passing of time asks for. */
  #now(): number {
    const nowMs = this.#clock();
    if (nowMs < this.#latestMs - toleratedStepMs) this.#shortenAll(nowMs);
    this.#latestMs = nowMs;
    this.#dropExpired(nowMs, expiredPerCall);
    return nowMs;
  }

  #dropExpired(nowMs: number, most: number): void {
    for (let dropped = 0; dropped < most; dropped += 1) {
      const token = this.#byExpiry.expired(nowMs);
      const lock = token === undefined ? undefined : this.#byToken.get(token);
      if (lock === undefined) return;
      this.#drop(lock);
    }
  }

  /** The clock went back: no lock may now have longer to live than its timeout. */
  #shortenAll(nowMs: number): void {
    for (const lock of [...this.#byToken.values()]) {
      const shortened = atMostItsTimeout(lock, nowMs);
      if (shortened !== lock) this.#replace(lock, shortened);
    }
  }

  #living(locks: readonly Lock[], nowMs: number): readonly Lock[] {
    return locks.filter((lock) => {
      const lives = lock.expiresAtMs > nowMs;
      if (!lives) this.#drop(lock);
      return lives;
    });
  }

  #livingByToken(token: LockToken, nowMs: number): Lock | undefined {
    const lock = this.#byToken.get(token);
    return lock === undefined ? undefined : this.#living([lock], nowMs)[0];
  }

  #insert(lock: Lock): void {
    this.#byToken.set(lock.token, lock);
    this.#byRoot.add(lock);
    this.#byExpiry.set(lock.token, lock.expiresAtMs);
    this.#perPrincipal.set(lock.principal, (this.#perPrincipal.get(lock.principal) ?? 0) + 1);
    this.#ownerCharacters += lock.owner?.length ?? 0;
  }

  #replace(lock: Lock, changed: Lock): void {
    this.#byToken.set(lock.token, changed);
    this.#byRoot.delete(lock);
    this.#byRoot.add(changed);
    this.#byExpiry.set(lock.token, changed.expiresAtMs);
  }

  #drop(lock: Lock): void {
    this.#byToken.delete(lock.token);
    this.#byRoot.delete(lock);
    this.#byExpiry.delete(lock.token);
    const left = (this.#perPrincipal.get(lock.principal) ?? 0) - 1;
    if (left > 0) this.#perPrincipal.set(lock.principal, left);
    else this.#perPrincipal.delete(lock.principal);
    this.#ownerCharacters -= lock.owner?.length ?? 0;
    this.#record?.drop(lock.token);
  }
}

function atMostItsTimeout(lock: Lock, nowMs: number): Lock {
  const latestMs = nowMs + lock.timeoutSeconds * 1000;
  return lock.expiresAtMs > latestMs ? { ...lock, expiresAtMs: latestMs } : lock;
}
