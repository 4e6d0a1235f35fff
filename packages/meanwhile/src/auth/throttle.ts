/** Slows down those who try passwords. */
import type { ExpiringChange, ExpiringSight, ExpiringTables } from "@meanwhile/server";
import { parseAddress } from "../options/network.ts";

/**
 * Counts attempts that were not right. Beyond {@link mostFailures} in {@link failureWindowMs} the client's address has
 * to wait, whatever name it tries; and with a name that failed as often from anywhere, those addresses have to wait
 * that failed themselves. So nobody can lock a user out: from an address without failures the first try is free.
 */
export interface Throttle {
  /** Registers an attempt, as one that failed, until {@link Throttle.succeeded} is called. */
  attempt(address: string, user: string): Promise<Attempt>;
  /** It was right: takes back this user's attempts from this address, and nobody else's. */
  succeeded(address: string, user: string): Promise<void>;
  /** It was not made after all: takes back the latest attempt of this user from this address, but for its standing. */
  withdraw(address: string, user: string): Promise<void>;
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

type Failures = readonly Failure[];

/**
 * @param tables where failures are counted: those of all processes that share them, by their clock
 * @param capacity how many addresses, and how many names, are remembered; the least recent are forgotten
 */
export function createThrottle(tables: ExpiringTables, capacity: number = 10_000): Throttle {
  const byAddress = tables.table<Failures>("failuresByAddress", capacity);
  const byUser = tables.table<Failures>("failuresByUser", capacity);
  const withdrawnByAddress = tables.table<Failures>("withdrawnByAddress", capacity);
  const withdrawnByUser = tables.table<Failures>("withdrawnByUser", capacity);

  return {
    async attempt(address, user) {
      const network = networkOf(address);
      const here = await byAddress.update(network, unlessTooMany(user));
      if (here.waitMs > 0) {
        const ofUser = livingAt(await byUser.get(user), tables.now());
        return waiting(Math.max(here.waitMs, waitMs(ofUser, tables.now())));
      }
      const there = await byUser.update(user, unlessTooMany(network, here.before > 0));
      if (there.waitMs > 0) {
        await byAddress.update(network, withoutLatest(user));
        return waiting(there.waitMs);
      }
      const withdrawnHere = livingAt(await withdrawnByAddress.get(network), tables.now());
      const withdrawnThere = livingAt(await withdrawnByUser.get(user), tables.now());
      return {
        kind: "counted",
        standing: {
          ofAddress: here.before + withdrawnHere.length,
          ofUser: there.before + withdrawnThere.length,
        },
      };
    },
    async succeeded(address, user) {
      const network = networkOf(address);
      await byAddress.update(network, without(user));
      await byUser.update(user, without(network));
      await withdrawnByAddress.update(network, without(user));
      await withdrawnByUser.update(user, without(network));
    },
    async withdraw(address, user) {
      const network = networkOf(address);
      await byAddress.update(network, withoutLatest(user));
      await byUser.update(user, withoutLatest(network));
      await withdrawnByAddress.update(network, withOneMore(user));
      await withdrawnByUser.update(user, withOneMore(network));
    },
  };
}

function waiting(ms: number): Attempt {
  return { kind: "wait", seconds: Math.ceil(ms / 1000) };
}

type Change<R> = (sight: ExpiringSight<Failures>) => ExpiringChange<Failures, R>;

/** Counts one more, unless there are too many: then how long until they are few enough again. */
function unlessTooMany(
  other: string,
  heeds: boolean = true,
): Change<{ readonly waitMs: number; readonly before: number }> {
  return ({ value, nowMs }) => {
    const failures = livingAt(value, nowMs);
    const ms = heeds ? waitMs(failures, nowMs) : 0;
    const result = { waitMs: ms, before: failures.length };
    return { record: ms > 0 ? "same" : recordOf(oneMore(failures, other, nowMs)), result };
  };
}

function withOneMore(other: string): Change<void> {
  return ({ value, nowMs }) => ({
    record: recordOf(oneMore(livingAt(value, nowMs), other, nowMs)),
    result: undefined,
  });
}

function without(other: string): Change<void> {
  return ({ value, nowMs }) => {
    const left = livingAt(value, nowMs).filter((failure) => failure.other !== other);
    return { record: left.length === value?.length ? "same" : recordOf(left), result: undefined };
  };
}

function withoutLatest(other: string): Change<void> {
  return ({ value, nowMs }) => {
    const failures = livingAt(value, nowMs);
    const latest = failures.findLastIndex((failure) => failure.other === other);
    return { record: recordOf(failures.filter((_, index) => index !== latest)), result: undefined };
  };
}

/** Those of the window. One of the future was counted before the time of day was set back. */
function livingAt(failures: Failures = [], nowMs: number): Failures {
  return failures.filter(({ atMs }) => atMs > nowMs - failureWindowMs && atMs <= nowMs);
}

function oneMore(failures: Failures, other: string, atMs: number): Failures {
  return [...failures, { atMs, other }].slice(-mostFailures);
}

/** Until the failures of the window are few enough again. */
function waitMs(failures: Failures, nowMs: number): number {
  const oldest = failures.at(-mostFailures);
  return oldest === undefined ? 0 : oldest.atMs + failureWindowMs - nowMs;
}

function recordOf(failures: Failures): { readonly value: Failures; readonly untilMs: number } | undefined {
  const latest = failures.at(-1);
  return latest && { value: failures, untilMs: latest.atMs + failureWindowMs };
}

/** Who has an IPv6 address usually has all of its /64. */
function networkOf(address: string): string {
  const parsed = parseAddress(address);
  if (parsed === undefined) return address;
  const bytes = parsed.toByteArray();
  return (bytes.length === 4 ? bytes : bytes.slice(0, 8)).join(".");
}
