/** Locks as RFC 4918 §6, §7 and §14.1 describe them. */
import type { ResourcePath } from "../path.ts";

/** An absolute URI that names one lock, `urn:uuid:...` for ours (RFC 4918 §6.5). */
export type LockToken = string;

export type LockScope = "exclusive" | "shared";

export type LockDepth = "0" | "infinity";

export interface Lock {
  readonly token: LockToken;
  /** The resource that the LOCK request named (§14.12). */
  readonly root: ResourcePath;
  readonly scope: LockScope;
  readonly depth: LockDepth;
  /** The client's `DAV:owner` element, verbatim and self-contained XML (§14.17). */
  readonly owner: string | undefined;
  /** Who created it; undefined for an anonymous client. Only its creator may use its token (§6.4). */
  readonly principal: string | undefined;
  /** What was granted; `Number.POSITIVE_INFINITY` never occurs. */
  readonly timeoutSeconds: number;
  /** Milliseconds since the epoch. At or after this moment the lock does not exist. */
  readonly expiresAtMs: number;
}
