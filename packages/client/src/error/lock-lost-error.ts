/** Why a lock is gone. */
export type LockLoss =
  /** We freed it. */
  | "unlocked"
  /** Its time ran out. */
  | "expired"
  /** The server says that there is no such lock (any more). */
  | "refused"
  /** We deleted its resource, or moved it away (RFC 4918 §7.5, §9.6.1). */
  | "removed";

/** A lock is gone: the reason of its handle's `lost`. */
export class LockLostError extends Error {
  override readonly name = "LockLostError";
  readonly loss: LockLoss;
  readonly root: URL;

  constructor(loss: LockLoss, root: URL, cause?: unknown) {
    super(
      `the lock on ${root.pathname} is gone: ${sentences[loss]}`,
      cause === undefined ? undefined : { cause },
    );
    this.loss = loss;
    this.root = root;
  }
}

const sentences: Readonly<Record<LockLoss, string>> = {
  unlocked: "it was freed",
  expired: "its time ran out",
  refused: "the server no longer knows it",
  removed: "its resource was removed",
};
