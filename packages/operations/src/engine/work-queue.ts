import type { Release } from "../claims/claims.ts";

/** Who asks for work, so that places are shared fairly. */
export interface Asker {
  /** A principal, or where it is anonymous, its address. */
  readonly name: string;
  /** The connection that the request came on; undefined for work that an earlier process began. */
  readonly connection: object | undefined;
}

/** Where a request comes from. */
export interface Origin {
  /** The client's address. */
  readonly address: string;
  readonly connection: object;
}

/** The asker of a request. Principals and addresses are told apart, whatever they are called. */
export function askerOf(principal: string | undefined, origin: Origin | undefined): Asker {
  const name = principal === undefined ? `address ${origin?.address ?? ""}` : `principal ${principal}`;
  return { name, connection: origin?.connection };
}

/** Which works go on at once: a bounded number. The others wait, in a fair order. */
export interface WorkQueue {
  /**
   * Takes a place, or waits for one. Those that wait are served by turns: the askers, of one asker its connections, and
   * of one connection its requests in the order in which they came.
   *
   * @returns how to give the place back: at once where one is free, later where the work had to wait; undefined where
   *   `signal` was aborted first
   */
  enter(asker: Asker, signal?: AbortSignal): Release | Promise<Release | undefined>;
  /** How many works have a place. */
  readonly working: number;
  /** How many wait for one. */
  readonly waiting: number;
}

interface Waiter {
  grant(): void;
}

/** Where the connection is not known. */
const noConnection = {};

/**
 * @param places how many works go on at once, at least one. Where there are more, one asker has all but one of them at
 *   the most, so that a second one never waits for the first.
 */
export function createWorkQueue(places: number): WorkQueue {
  const mostOfOne = Math.max(1, places - 1);
  const working = new Map<string, number>();
  /** The one whose turn it is comes first in each map. */
  const lines = new Map<string, Map<object, Set<Waiter>>>();
  let taken = 0;
  let waiting = 0;

  const mayWork = (name: string): boolean => taken < places && (working.get(name) ?? 0) < mostOfOne;

  function take(name: string): Release {
    taken += 1;
    working.set(name, (working.get(name) ?? 0) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      taken -= 1;
      const left = (working.get(name) ?? 1) - 1;
      if (left === 0) working.delete(name);
      else working.set(name, left);
      grantNext();
    };
  }

  function grantNext(): void {
    for (const [name, connections] of lines) {
      if (!mayWork(name)) continue;
      for (const [connection, waiters] of connections) {
        for (const waiter of waiters) {
          // Behind all others, should more of them wait.
          toEnd(connections, connection, waiters);
          toEnd(lines, name, connections);
          waiter.grant();
          return;
        }
      }
    }
  }

  function join(asker: Asker, waiter: Waiter): void {
    const connection = asker.connection ?? noConnection;
    const connections = lines.get(asker.name) ?? new Map<object, Set<Waiter>>();
    const waiters = connections.get(connection) ?? new Set<Waiter>();
    waiters.add(waiter);
    connections.set(connection, waiters);
    lines.set(asker.name, connections);
    waiting += 1;
  }

  function leave(asker: Asker, waiter: Waiter): void {
    const connection = asker.connection ?? noConnection;
    const connections = lines.get(asker.name);
    const waiters = connections?.get(connection);
    if (!connections || !waiters?.delete(waiter)) return;
    waiting -= 1;
    if (waiters.size === 0) connections.delete(connection);
    if (connections.size === 0) lines.delete(asker.name);
  }

  return {
    get working() {
      return taken;
    },
    get waiting() {
      return waiting;
    },
    enter(asker, signal) {
      // Where a place is free, all that wait are askers who have as many as one may have.
      if (mayWork(asker.name)) return take(asker.name);
      if (signal?.aborted) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const settle = (release: Release | undefined): void => {
          leave(asker, waiter);
          signal?.removeEventListener("abort", giveUp);
          resolve(release);
        };
        const giveUp = (): void => settle(undefined);
        const waiter: Waiter = { grant: () => settle(take(asker.name)) };
        join(asker, waiter);
        signal?.addEventListener("abort", giveUp, { once: true });
      });
    },
  };
}

function toEnd<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.delete(key);
  map.set(key, value);
}
