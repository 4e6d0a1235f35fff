/** The locks of all resources that one answer shows, found with two questions to the store. */
import type { Lock, ResourcePath } from "@meanwhile/dav";
import { activeLock } from "@meanwhile/dav/xml";
import type { ToHref } from "../request/dav-request.ts";
import type { LockStore } from "./lock-store.ts";

/** `DAV:activelock` elements. */
export type ActiveLocks = readonly string[];

export interface LocksInView {
  /** Those of the resource that the answer begins at. */
  readonly ofRoot: ActiveLocks;
  /** Those of them that its members inherit (RFC 4918 §7.4). */
  readonly inherited: ActiveLocks;
  /** Whether any lock is rooted at a resource below; else all have just what they inherit. */
  readonly anyBelow: boolean;
  /**
   * The locks of a resource below the root of the view.
   * @param inherited what its collection passes on
   * @returns also what it passes on to its own members
   */
  below(
    path: ResourcePath,
    collection: boolean,
    inherited: ActiveLocks,
  ): { readonly own: ActiveLocks; readonly passedOn: ActiveLocks };
}

/** No locks: nobody asked for them. */
export const noLocks: LocksInView = {
  ofRoot: [],
  inherited: [],
  anyBelow: false,
  below: () => ({ own: [], passedOn: [] }),
};

/** Finds the locks of a resource and, where `members` are shown too, of all below it. */
export async function viewLocks(
  store: LockStore,
  root: { readonly path: ResourcePath; readonly collection: boolean; readonly members: boolean },
  toHref: ToHref,
): Promise<LocksInView> {
  const nowMs = await store.now();
  const covering = await store.covering(root.path);
  const rootedBelow = new Map<ResourcePath, Lock[]>();
  for (const lock of root.members ? await store.within(root.path) : []) {
    if (lock.root === root.path) continue;
    const locks = rootedBelow.get(lock.root);
    if (locks === undefined) rootedBelow.set(lock.root, [lock]);
    else locks.push(lock);
  }
  // What covers the resource from further up is rooted at a collection.
  const ofRoot = covering.map((lock) => ({
    lock,
    xml: activeLock(lock, toHref(lock.root, lock.root !== root.path || root.collection), nowMs),
  }));
  return {
    ofRoot: ofRoot.map(({ xml }) => xml),
    inherited: ofRoot.filter(({ lock }) => lock.depth === "infinity").map(({ xml }) => xml),
    anyBelow: rootedBelow.size > 0,
    below(path, collection, inherited) {
      const locks = rootedBelow.get(path);
      if (locks === undefined) return { own: inherited, passedOn: inherited };
      const own = [...inherited];
      const passedOn = [...inherited];
      for (const lock of locks) {
        const xml = activeLock(lock, toHref(path, collection), nowMs);
        own.push(xml);
        if (lock.depth === "infinity") passedOn.push(xml);
      }
      return { own, passedOn };
    },
  };
}
