/** How long the routes of a service take: learnt from what they took, in bounded memory. */

export interface Estimator {
  /** @param durationMs what a request to this route took */
  learn(route: string, durationMs: number): void;
  /** The median of what was learnt lately, in milliseconds; undefined as long as that is too little. */
  expectedMs(route: string): number | undefined;
  /** How many routes are in mind. */
  readonly size: number;
}

export interface EstimatorLimits {
  /** How many routes; the one that was asked for and learnt of least recently goes first. Default 1000. */
  readonly routes: number;
  /** How many of a route's latest durations count; default 25. */
  readonly recent: number;
  /** Of fewer durations nothing is said; default 3. */
  readonly least: number;
  /** Names of routes that are longer are not learnt, in characters; default 256. */
  readonly longest: number;
}

export const defaultEstimatorLimits: EstimatorLimits = { routes: 1000, recent: 25, least: 3, longest: 256 };

/** Makes an estimate of how long requests of a route take, from those that ended. Limited in routes and samples. */
export function createEstimator(given: Partial<EstimatorLimits> = {}): Estimator {
  const { routes, recent, least, longest } = { ...defaultEstimatorLimits, ...given };
  // A Map keeps the order in which routes were put in: what is used again is put in anew.
  const known = new Map<string, number[]>();

  function use(route: string, durations: number[]): void {
    known.delete(route);
    known.set(route, durations);
    const [oldest] = known.keys();
    if (known.size > routes && oldest !== undefined) known.delete(oldest);
  }

  return {
    get size() {
      return known.size;
    },
    learn(route, durationMs) {
      if (route.length > longest || !(durationMs >= 0)) return;
      const durations = known.get(route) ?? [];
      durations.push(durationMs);
      if (durations.length > recent) durations.shift();
      use(route, durations);
    },
    expectedMs(route) {
      const durations = known.get(route);
      if (durations === undefined) return undefined;
      use(route, durations);
      return durations.length < least ? undefined : median(durations);
    },
  };
}

/** Of an even number the lower one of the two in the middle. */
function median(durations: readonly number[]): number | undefined {
  return [...durations].sort((one, other) => one - other)[Math.floor((durations.length - 1) / 2)];
}
