/** Which nonce counts were used, so that no request is accepted twice (RFC 7616 §3.4, §5.5). */

import type { ExpiringTables } from "@meanwhile/server";

export interface NonceCounts {
  /**
   * Takes a count of a nonce, once. Counts may come out of order, as they do over parallel connections.
   * @returns false where it was taken before, or can no longer be told
   */
  take(nonce: string, issuedMs: number, user: string, count: number): boolean | Promise<boolean>;
  /** Whether a count of this nonce was taken for this user. */
  knows(nonce: string, user: string): Promise<boolean>;
}

/** A nonce of which counts were taken, as plain data. */
interface Counts {
  readonly user: string;
  readonly highest: number;
  /** Bit n: whether the count `highest - n` was taken; as a hexadecimal number. */
  readonly taken: string;
}

/** How far behind the highest count one may come. */
export const countWindow = 256;

/**
 * @param tables where counts are kept: those of all processes that share them, by their clock
 * @param lifetimeMs how long after it was issued a nonce is accepted
 * @param capacity how many nonces are remembered; older ones than those become stale
 */
export function createNonceCounts(
  tables: ExpiringTables,
  lifetimeMs: number,
  capacity: number = 10_000,
): NonceCounts {
  const nonces = tables.table<Counts>("nonceCounts", capacity);
  return {
    take: (nonce, issuedMs, user, count) =>
      nonces.update(nonce, ({ value, forgottenUntilMs }) => {
        // It may have been forgotten, with what was taken of it.
        if (value === undefined && issuedMs <= forgottenUntilMs) return { record: "same", result: false };
        const counts = value === undefined ? first(user, count) : next(value, count);
        if (counts === undefined) return { record: "same", result: false };
        return { record: { value: counts, untilMs: issuedMs + lifetimeMs + 1 }, result: true };
      }),
    async knows(nonce, user) {
      const counts = await nonces.get(nonce);
      return counts?.user === user;
    },
  };
}

function first(user: string, count: number): Counts {
  return { user, highest: count, taken: "1" };
}

/** With one count more; undefined where it was taken, or can no longer be told. */
function next({ user, highest, taken: hex }: Counts, count: number): Counts | undefined {
  const behind = highest - count;
  if (behind >= countWindow) return undefined;
  const taken = BigInt(`0x${hex}`);
  if (behind >= 0) {
    const bit = 1n << BigInt(behind);
    return (taken & bit) !== 0n ? undefined : { user, highest, taken: (taken | bit).toString(16) };
  }
  const ahead = -behind;
  const shifted = ahead >= countWindow ? 0n : BigInt.asUintN(countWindow, taken << BigInt(ahead));
  return { user, highest: count, taken: (shifted | 1n).toString(16) };
}
