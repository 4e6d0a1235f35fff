/** Which nonce counts were used, so that no request is accepted twice (RFC 7616 §3.4, §5.5). */

export interface NonceCounts {
  /**
   * Takes a count of a nonce, once. Counts may come out of order, as they do over parallel connections.
   * @returns false where it was taken before, or can no longer be told
   */
  take(nonce: string, issuedMs: number, user: string, count: number): boolean;
  /** Whether a count of this nonce was taken for this user. */
  knows(nonce: string, user: string): boolean;
}

interface Counts {
  readonly issuedMs: number;
  readonly user: string;
  highest: number;
  /** Bit n: whether the count `highest - n` was taken. */
  taken: bigint;
}

/** How far behind the highest count one may come. */
export const countWindow = 256;

/** @param capacity how many nonces are remembered; older ones than those become stale */
export function createNonceCounts(capacity: number = 10_000): NonceCounts {
  const nonces = new Map<string, Counts>();
  // Nonces issued up to here may have been forgotten, with what was taken of them.
  let forgottenUntilMs = Number.NEGATIVE_INFINITY;

  function forgetOne(): void {
    for (const [nonce, { issuedMs }] of nonces) {
      forgottenUntilMs = Math.max(forgottenUntilMs, issuedMs);
      nonces.delete(nonce);
      return;
    }
  }

  return {
    take(nonce, issuedMs, user, count) {
      const counts = nonces.get(nonce);
      if (counts === undefined) {
        if (issuedMs <= forgottenUntilMs) return false;
        if (nonces.size >= capacity) forgetOne();
        nonces.set(nonce, { issuedMs, user, highest: count, taken: 1n });
        return true;
      }
      const behind = counts.highest - count;
      if (behind >= countWindow) return false;
      if (behind >= 0) {
        const bit = 1n << BigInt(behind);
        if ((counts.taken & bit) !== 0n) return false;
        counts.taken |= bit;
        return true;
      }
      const ahead = -behind;
      counts.taken =
        ahead >= countWindow ? 1n : BigInt.asUintN(countWindow, counts.taken << BigInt(ahead)) | 1n;
      counts.highest = count;
      return true;
    },
    knows: (nonce, user) => nonces.get(nonce)?.user === user,
  };
}
