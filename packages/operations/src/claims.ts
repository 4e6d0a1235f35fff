/**
 * Which paths the running operations work on, so that conflicting work is kept apart within the process.
 * Paths are "/"-joined names; "/" is the root.
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
   * Takes all of `claims` at once, or waits until they can be taken.
   * @returns undefined when `waitMs` passed, or `signal` was aborted, before they could be
   */
  acquire(claims: readonly Claim[], waitMs: number, signal?: AbortSignal): Promise<Release | undefined>;
  /** How many are held. */
  readonly held: number;
}

interface Counts {
  shared: number;
  exclusive: number;
}

/** What is claimed at one path, and how much is claimed anywhere below it. */
interface Place {
  readonly tree: Counts;
  readonly member: Counts;
  readonly below: Counts;
}

interface Waiter {
  readonly claims: readonly Claim[];
  grant(): void;
}

/**
 * Whoever waits for the same goes first: newcomers that get along with each other must not starve one who does not get
 * along with them. Only so many of those who wait are heeded, for there may be thousands.
 */
const heeded = 32;

/** Timers are a parameter: `after(ms, callback)` returns how to cancel it. */
export type After = (ms: number, callback: () => void) => () => void;

/** Node's timers for a longer time would be over at once; in milliseconds. */
export const longestTimeoutMs: number = 2 ** 31 - 1;

/** Timers that do not keep the process alive: a request that waits has a connection, which does. */
export const unheldTimeout: After = (ms, callback) => {
  const timer = setTimeout(callback, Math.min(ms, longestTimeoutMs)).unref();
  return () => clearTimeout(timer);
};

/** Makes the claims of one process, all free. @param after timers, for those who wait a limited time */
export function createClaims(after: After): Claims {
  const places = new Map<string, Place>();
  const waiting = new Set<Waiter>();
  let held = 0;

  function take(claims: readonly Claim[]): Release {
    for (const claim of claims) count(places, claim, 1);
    held += claims.length;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      held -= claims.length;
      for (const claim of claims) count(places, claim, -1);
      grantWhatIsFree();
    };
  }

  function grantWhatIsFree(): void {
    const ahead: Waiter[] = [];
    for (const waiter of [...waiting]) {
      if (!isBehind(ahead, waiter.claims) && free(places, waiter.claims)) waiter.grant();
      else if (ahead.length < heeded) ahead.push(waiter);
    }
  }

  return {
    get held() {
      return held;
    },
    acquire(claims, waitMs, signal) {
      const behind = waiting.size > 0 && isBehind([...waiting].slice(0, heeded), claims);
      if (!behind && free(places, claims)) return Promise.resolve(take(claims));
      if (waitMs <= 0 || signal?.aborted) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        const leave = (release: Release | undefined): void => {
          waiting.delete(waiter);
          cancelTimer();
          signal?.removeEventListener("abort", giveUp);
          resolve(release);
        };
        const giveUp = (): void => {
          leave(undefined);
          grantWhatIsFree();
        };
        const waiter: Waiter = { claims, grant: () => leave(take(claims)) };
        const cancelTimer = after(waitMs, giveUp);
        waiting.add(waiter);
        signal?.addEventListener("abort", giveUp, { once: true });
      });
    },
  };
}

function free(places: ReadonlyMap<string, Place>, claims: readonly Claim[]): boolean {
  return claims.every((claim) => !conflicts(places, claim));
}

function isBehind(ahead: readonly Waiter[], claims: readonly Claim[]): boolean {
  return ahead.some((waiter) => overlap(waiter.claims, claims));
}

/** Whether one of these claims conflicts with one of the others. */
function overlap(some: readonly Claim[], others: readonly Claim[]): boolean {
  return some.some((one) => others.some((other) => conflict(one, other)));
}

function conflict(one: Claim, other: Claim): boolean {
  if (one.mode === "shared" && other.mode === "shared") return false;
  if (one.path === other.path) return true;
  return (
    (one.scope === "tree" && isBelow(other.path, one.path)) ||
    (other.scope === "tree" && isBelow(one.path, other.path))
  );
}

function isBelow(path: string, ancestor: string): boolean {
  return ancestor === "/" || path.startsWith(`${ancestor}/`);
}

function conflicts(places: ReadonlyMap<string, Place>, claim: Claim): boolean {
  const against = (counts: Counts): boolean =>
    counts.exclusive > 0 || (claim.mode === "exclusive" && counts.shared > 0);
  const here = places.get(claim.path);
  if (here && (against(here.tree) || against(here.member))) return true;
  if (here && claim.scope === "tree" && against(here.below)) return true;
  for (const ancestor of ancestorsOf(claim.path)) {
    const place = places.get(ancestor);
    if (place && against(place.tree)) return true;
  }
  return false;
}

function count(places: Map<string, Place>, claim: Claim, by: 1 | -1): void {
  const place = placeAt(places, claim.path);
  place[claim.scope][claim.mode] += by;
  forgetIfEmpty(places, claim.path, place);
  for (const ancestor of ancestorsOf(claim.path)) {
    const above = placeAt(places, ancestor);
    above.below[claim.mode] += by;
    forgetIfEmpty(places, ancestor, above);
  }
}

function placeAt(places: Map<string, Place>, path: string): Place {
  const known = places.get(path);
  if (known) return known;
  const none = (): Counts => ({ shared: 0, exclusive: 0 });
  const place = { tree: none(), member: none(), below: none() };
  places.set(path, place);
  return place;
}

function forgetIfEmpty(places: Map<string, Place>, path: string, { tree, member, below }: Place): void {
  const sum = [tree, member, below].reduce((total, { shared, exclusive }) => total + shared + exclusive, 0);
  if (sum === 0) places.delete(path);
}

function* ancestorsOf(path: string): Generator<string> {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1))
    yield path.slice(0, end);
  if (path !== "/") yield "/";
}
