/** What the server asks of the place where locks live. A contract suite for it is in `@meanwhile/server/testing`. */
import type { Lock, LockDepth, LockScope, LockToken, ResourcePath } from "@meanwhile/dav";
import type { Awaitable } from "@meanwhile/operations";

/** What a LOCK request asks for, checked and clamped. */
export interface LockRequest {
  readonly root: ResourcePath;
  readonly scope: LockScope;
  readonly depth: LockDepth;
  readonly owner: string | undefined;
  readonly principal: string | undefined;
  readonly timeoutSeconds: number;
}

/** A new lock, or those that are in its way. */
export type LockResult =
  | { readonly kind: "granted"; readonly lock: Lock }
  /** Locks that stand against it: those on the root or inherited by it, and with depth infinity those below (§6.2). */
  | { readonly kind: "conflict"; readonly locks: readonly Lock[] }
  /** One of the store's limits is reached. */
  | { readonly kind: "exhausted" };

/**
 * Locks. Expired locks are in no answer. Each method takes effect at once and whole, so two requests never both
 * get conflicting locks. Time comes from the clock that the store was made with. Where a change cannot be kept, its
 * method fails with a `TreeError`, and with nothing else.
 */
export interface LockStore {
  /** Locks that cover a resource: rooted there, or inherited from an ancestor's depth-infinity lock (§6.1, §7.4). */
  covering(path: ResourcePath): Awaitable<readonly Lock[]>;
  /** Locks rooted at a resource or anywhere below it. */
  within(path: ResourcePath): Awaitable<readonly Lock[]>;
  /** Makes a lock, unless others are in its way (RFC 4918 §7). */
  create(request: LockRequest): Awaitable<LockResult>;
  /** Restarts a lock's timeout (§9.10.2); undefined where no such lock is. */
  refresh(token: LockToken, timeoutSeconds: number): Awaitable<Lock | undefined>;
  /** Removes one lock; false where no such lock is. */
  remove(token: LockToken): Awaitable<boolean>;
  /** Removes all locks rooted at a resource or below it: it was deleted or moved away (§6.1, §7.6). */
  removeWithin(path: ResourcePath): Awaitable<void>;
  /** The clock that locks expire by, in milliseconds: what is left of a lock is told by it. One for all processes that share the store. */
  now(): Awaitable<number>;
  /** Frees what it holds. */
  close?(): Awaitable<void>;
}
