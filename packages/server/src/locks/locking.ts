/** Whether a request submitted the tokens of the locks that it touches (RFC 4918 §7, §6.4). */
import {
  type Href,
  type IfHeader,
  type Lock,
  locked,
  type ResourcePath,
  submittedTokens,
} from "@meanwhile/dav";
import type { Access } from "../access.ts";
import { toldPaths } from "../listing/told-paths.ts";
import type { Tree } from "../store.ts";
import { lockRootHref } from "./lock-root-href.ts";
import type { LockStore } from "./lock-store.ts";

/** Who submits which tokens. */
export interface Submission {
  readonly tokens: ReadonlySet<string>;
  readonly principal: string | undefined;
  readonly prefix: string;
  /** Tells whether the root of a lock that stands in the way is a collection. */
  readonly tree: Pick<Tree, "lookup">;
  readonly access: Access;
}

/** The lock tokens that a request submits by its If header, and who submits them (RFC 4918 §6.4, §10.4.1). */
export function submission(
  ifHeader: IfHeader | undefined,
  request: { readonly principal: string | undefined; readonly prefix: string },
  context: Pick<Submission, "tree" | "access">,
): Submission {
  const { principal, prefix } = request;
  const { tree, access } = context;
  return { tokens: submittedTokens(ifHeader), principal, prefix, tree, access };
}

/**
 * Refuses with 423 unless every lock on each of `paths` was submitted.
 * @throws {DavError} 423 with lock-token-submitted and the roots of the locks that stand in the way (§16)
 */
export async function requireTokens(
  locks: LockStore,
  paths: readonly ResourcePath[],
  by: Submission,
): Promise<void> {
  const missing: Lock[] = [];
  for (const path of paths) {
    const covering = await locks.covering(path);
    if (!isOpenTo(covering, by)) missing.push(...covering);
  }
  await refuse(missing, paths, by);
}

/** Locks rooted strictly below `path` whose tokens were not submitted. */
export async function lockedBelow(
  locks: LockStore,
  path: ResourcePath,
  by: Submission,
): Promise<readonly Lock[]> {
  const byRoot = new Map<ResourcePath, Lock[]>();
  for (const lock of await locks.within(path)) {
    if (lock.root === path) continue;
    const others = byRoot.get(lock.root);
    if (others) others.push(lock);
    else byRoot.set(lock.root, [lock]);
  }
  return [...byRoot.values()].filter((group) => !isOpenTo(group, by)).flat();
}

/** Refuses with 423 where a member anywhere below `path` is locked and its token was not submitted. */
export async function requireTokensBelow(
  locks: LockStore,
  path: ResourcePath,
  by: Submission,
): Promise<void> {
  await refuse(await lockedBelow(locks, path, by), [path], by);
}

/**
 * Whether a resource covered by these locks may be changed: an exclusive lock's token is needed; of shared locks, the
 * token of any (§6.2). "A lock token ... must be submitted by the lock's creator" (§6.4).
 */
function isOpenTo(covering: readonly Lock[], { tokens, principal }: Submission): boolean {
  if (covering.length === 0) return true;
  const held = covering.filter((lock) => lock.principal === principal && tokens.has(lock.token));
  const exclusive = covering.filter(({ scope }) => scope === "exclusive");
  return exclusive.length > 0 ? exclusive.every((lock) => held.includes(lock)) : held.length > 0;
}

async function refuse(
  missing: readonly Lock[],
  named: readonly ResourcePath[],
  { prefix, tree, access, principal }: Submission,
): Promise<void> {
  if (missing.length === 0) return;
  const told = toldPaths({ access }, principal, named);
  const roots = [...new Set(missing.map(({ root }) => told(root)))];
  const hrefs: Href[] = [];
  for (const root of roots) hrefs.push(await lockRootHref(tree, prefix, root));
  throw locked(hrefs);
}
