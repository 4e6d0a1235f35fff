/** The locks that a client holds, and how requests submit them (RFC 4918 §7.5, §10.4). */
import { codedUrl } from "@meanwhile/dav";
import { depthBelow, isSameResource } from "../comparable-path.ts";

/** A lock of ours, as far as requests must know it. */
export interface HeldLock {
  readonly token: string;
  readonly root: URL;
  readonly depth: "0" | "infinity";
  /** The lock's root was deleted or moved away by ourselves: the lock is gone with it (RFC 4918 §9.6.1, §7.5). */
  gone(): void;
  /** A request that relied on it was answered 412: the server may no longer know it. */
  doubt(): void;
  /** Nobody cares for it any longer: it is left to its time. */
  leave(): void;
}

/** The content that a resource other than the request's own is to have. */
export interface ExpectedContent {
  readonly url: URL;
  /** A strong entity tag. */
  readonly etag: string;
}

/** The locks that this client took: their tokens are submitted with requests that need them. */
export class HeldLocks {
  readonly #locks = new Set<HeldLock>();

  add(lock: HeldLock): void {
    this.#locks.add(lock);
  }

  delete(lock: HeldLock): void {
    this.#locks.delete(lock);
  }

  /** All, for instance to let go of them. */
  all(): readonly HeldLock[] {
    return [...this.#locks];
  }

  /**
   * The locks that stand in the way of changing these resources, and all below them: those on them, above them where
   * they reach down, on their collections, whose members change (RFC 4918 §7.4), and below them.
   */
  concerning(changed: readonly URL[]): readonly HeldLock[] {
    return [...this.#locks].filter((lock) => changed.some((url) => concerns(lock, url)));
  }

  /** What was at `url`, and below it, is gone. */
  removed(url: URL): void {
    for (const lock of this.#locks) if (depthBelow(lock.root, url) !== undefined) lock.gone();
  }
}

/**
 * The `If` field that submits tokens (RFC 4918 §10.4). Each is in a list of its own, of which one has to be true: a lock
 * that ran out does not keep the others from counting. Lists name their resource where it is not the request's own.
 *
 * @param request the Request-URI
 * @param tokens of which only the token is known: they are about the Request-URI
 * @param expected what has to be true beside that: every list then asks for it, for a header is true where one list is
 * @returns undefined where there is nothing to submit
 */
export function ifField(
  request: URL,
  locks: readonly HeldLock[],
  tokens: readonly string[] = [],
  expected?: ExpectedContent,
): string | undefined {
  const known = new Set(locks.map(({ token }) => token));
  const others = tokens.filter((token) => !known.has(token));
  if (expected !== undefined) {
    const [resource, etag] = [codedUrl(expected.url.href), `[${expected.etag}]`];
    const submitted = [...known, ...others].map((token) => `${resource} (${codedUrl(token)} ${etag})`);
    return [`${resource} (${etag})`, ...submitted].join(" ");
  }
  // Simple servers understand no tagged lists, so they are used only where they have to be.
  const tagged = locks.some((lock) => !covers(lock, request));
  const lists = [
    ...locks.map((lock) => list(lock.token, tagged ? lock.root : undefined)),
    ...others.map((token) => list(token, tagged ? request : undefined)),
  ];
  return lists.length === 0 ? undefined : lists.join(" ");
}

function list(token: string, resource: URL | undefined): string {
  return resource === undefined ? `(${codedUrl(token)})` : `${codedUrl(resource.href)} (${codedUrl(token)})`;
}

function covers({ root, depth }: HeldLock, url: URL): boolean {
  return isSameResource(root, url) || (depth === "infinity" && depthBelow(url, root) !== undefined);
}

function concerns(lock: HeldLock, url: URL): boolean {
  if (covers(lock, url) || depthBelow(lock.root, url) !== undefined) return true;
  return depthBelow(url, lock.root) === 1;
}
