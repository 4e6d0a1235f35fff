/** Slows down those who try passwords. */
import { parseAddress } from "../options/network.ts";

/**
 * Counts attempts that were not right. Beyond {@link mostFailures} in {@link failureWindowMs} the client's address has
 * to wait, whatever name it tries; and with a name that failed as often from anywhere, those addresses have to wait
 * that failed themselves. So nobody can lock a user out: from an address without failures the first try is free.
 */
export interface Throttle {
  /** Registers an attempt, as one that failed, until {@link Throttle.succeeded} is called. */
  attempt(address: string, user: string): Attempt;
  /** It was right: takes back this user's attempts from this address, and nobody else's. */
  succeeded(address: string, user: string): void;
  /** It was not made after all: takes back the latest attempt of this user from this address, but for its standing. */
  withdraw(address: string, user: string): void;
}

export type Attempt =
  /** It must not be made before so many seconds have passed. */
  | { readonly kind: "wait"; readonly seconds: number }
  | { readonly kind: "counted"; readonly standing: Standing };

/**
 * Attempts of the last minutes that were not right, or not yet, or were withdrawn; the fewer there are, the sooner the
 * next is judged.
 */
export interface Standing {
  readonly ofAddress: number;
  readonly ofUser: number;
}

export const mostFailures = 10;
export const failureWindowMs: number = 5 * 60 * 1000;

interface Failure {
  readonly atMs: number;
  /** The user, in an address's list; the address, in a user's. */
  readonly other: string;
}

/**
 * @param clock milliseconds, never going backwards
 * @param capacity how many addresses, and how many names, are remembered; the least recent are forgotten
 */
export function createThrottle(clock: () => number, capacity: number = 10_000): Throttle {
  const byAddress = createFailures(clock, capacity);
  const byUser = createFailures(clock, capacity);
  const withdrawnByAddress = createFailures(clock, capacity);
  const withdrawnByUser = createFailures(clock, capacity);

  return {
    attempt(address, user) {
      const network = networkOf(address);
      const ofAddress = byAddress.of(network);
      const ofUser = byUser.of(user);
      const waits = [waitMs(ofAddress), ofAddress.length > 0 ? waitMs(ofUser) : 0];
      const longest = Math.max(...waits);
      if (longest > 0) return { kind: "wait", seconds: Math.ceil(longest / 1000) };
      byAddress.add(network, user);
      byUser.add(user, network);
      return {
        kind: "counted",
        standing: {
          ofAddress: ofAddress.length + withdrawnByAddress.of(network).length,
          ofUser: ofUser.length + withdrawnByUser.of(user).length,
        },
      };
    },
    succeeded(address, user) {
      const network = networkOf(address);
      byAddress.remove(network, user);
      byUser.remove(user, network);
      withdrawnByAddress.remove(network, user);
      withdrawnByUser.remove(user, network);
    },
    withdraw(address, user) {
      const network = networkOf(address);
      byAddress.removeLatest(network, user);
      byUser.removeLatest(user, network);
      withdrawnByAddress.add(network, user);
      withdrawnByUser.add(user, network);
    },
  };

  /** Until the failures of the window are few enough again. */
  function waitMs(failures: readonly Failure[]): number {
    const oldest = failures.at(-mostFailures);
    return oldest === undefined ? 0 : oldest.atMs + failureWindowMs - clock();
  }
}

/** Who has an IPv6 address usually has all of its /64. */
function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return address;
  const bytes = parsed.toByteArray();
  return (bytes.length === 4 ? bytes : bytes.slice(0, 8)).join(".");
}

function createFailures(clock: () => number, capacity: number) {
  const lists = new Map<string, readonly Failure[]>();

  function of(key: string): readonly Failure[] {
    const sinceMs = clock() - failureWindowMs;
    return (lists.get(key) ?? []).filter(({ atMs }) => atMs > sinceMs);
  }

  function put(key: string, failures: readonly Failure[]): void {
    lists.delete(key);
    if (failures.length > 0) lists.set(key, failures);
    for (const oldest of lists.keys()) {
      if (lists.size <= capacity) break;
      lists.delete(oldest);
    }
  }

  return {
    of,
    add: (key: string, other: string): void =>
      put(key, [...of(key), { atMs: clock(), other }].slice(-mostFailures)),
    remove: (key: string, other: string): void =>
      put(
        key,
        of(key).filter((failure) => failure.other !== other),
      ),
    removeLatest(key: string, other: string): void {
      const failures = of(key);
      const latest = failures.findLastIndex((failure) => failure.other === other);
      put(
        key,
        failures.filter((_, index) => index !== latest),
      );
    },
  };
}
