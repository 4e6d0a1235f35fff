/**
 * Which paths the running operations work on, so that conflicting work is kept apart. Paths are "/"-joined names; "/" is
 * the root.
 */

export interface Claim {
  readonly path: string;
  /** "tree": the path and all below it. "member": the path alone. */
  readonly scope: "tree" | "member";
  /** "shared" claims get along with each other; "exclusive" ones with none. */
  readonly mode: "shared" | "exclusive";
}

/** Gives back what was claimed; may be called twice. */
export type Release = () => void;

/** Keeps operations apart that would change the same paths. */
export interface Claims {
  /**
   * Takes all of `claims`, from the root down, or waits until they are free. A request that waits goes before all that come later
   * and conflict with it.
   *
   * @returns undefined when `waitMs` passed, or `signal` was aborted, before they could be
   * @throws {ClaimLimitError} (rejects) where it would have to wait, and too many wait already
   */
  acquire(claims: readonly Claim[], waitMs: number, signal?: AbortSignal): Promise<Release | undefined>;
  /** How many this process holds. */
  readonly held: number;
}

/** How many may wait for claims at once, those of all processes together. */
export const mostClaimWaiters = 10_000;

/** Too many wait for claims already; nothing was taken. */
export class ClaimLimitError extends Error {
  override readonly name = "ClaimLimitError";
  readonly code = "ERR_CLAIM_LIMIT";

  constructor() {
    super("too many requests wait for files that others work on");
  }
}
