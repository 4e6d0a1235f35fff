import type { Awaitable, LockStore } from "../store.ts";
import type { ContractCase } from "./contract-case.ts";

/** A store of locks under test. Each case gets an empty one with its own clock. */
export interface LockStoreSubject {
  readonly store: LockStore;
  /** Moves the store's clock on. */
  advance(seconds: number): void;
  /** Ends the store and opens it again on what it kept; absent where nothing is kept. */
  readonly reopen?: (() => Awaitable<LockStore>) | undefined;
}

export const lockStoreContract: readonly ContractCase<LockStoreSubject>[] = [];
