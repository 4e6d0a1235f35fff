import type { LockStore } from "../../locks/lock-store.ts";
import type { Awaitable } from "../../store.ts";

/** A store of locks under test. Each case gets an empty one with its own clock. */
export interface LockStoreSubject {
  readonly store: LockStore;
  /** The same store, as another process has it; absent where one process at a time has it. */
  readonly second?: LockStore | undefined;
  /** Moves the store's clock: on, or with a negative number back. */
  advance(seconds: number): void;
  /** Ends the store, as if the process had ended, and opens it again; absent where nothing is kept. */
  readonly reopen?: (() => Awaitable<LockStore>) | undefined;
}
