import type { After } from "../time/timers.ts";
import { type ClaimStep, claimSteps, conflict, type Modes, mode } from "./claim-steps.ts";
import { ClaimLimitError, type Claims, mostClaimWaiters, type Release } from "./claims.ts";

/** Makes the claims of one process, all free. @param after timers, for those who wait a limited time */
export function createClaims(after: After, mostWaiters: number = mostClaimWaiters): Claims {
  return new ClaimTable(mostWaiters).of("", after);
}

/** One path that is held, or waited for. */
interface Place {
  /** How often it is held in each mode, by the mode's place among the bits. */
  readonly counts: number[];
  /** The modes that it is held in. */
  held: Modes;
  /** Who waits for it, in the order in which they came; undefined: nobody ever did. */
  queue: Set<Acquisition> | undefined;
}

/** Claims that are held, or on the way to be. */
interface Acquisition {
  readonly owner: Owner;
  readonly claims: number;
  readonly steps: readonly ClaimStep[];
  /** How many of the steps are held. */
  taken: number;
  /** Called when the last step is held; undefined where it does not wait. */
  granted: (() => void) | undefined;
  /** Called when its owner has lost it while it waited. */
  lost: (() => void) | undefined;
}

/** Of one process, what it holds and waits for. */
interface Owner {
  readonly acquisitions: Set<Acquisition>;
  held: number;
  /** Its lease has run out: it gets nothing more. */
  isGone: boolean;
}

/**
 * Claims of all processes that share it, each known by its owner's name. Each path has a queue, first in, first out: nobody
 * passes one who waits and with whom it conflicts, so newcomers that get along with each other starve nobody.
 */
export class ClaimTable {
  readonly #mostWaiters: number;
  readonly #places = new Map<string, Place>();
  readonly #owners = new Map<string, Owner>();
  #waiting = 0;

  /** @param mostWaiters how many may wait at once */
  constructor(mostWaiters: number = mostClaimWaiters) {
    this.#mostWaiters = mostWaiters;
  }

  /** The claims of one owner. @param after timers, for those who wait a limited time */
  of(name: string, after: After): Claims {
    const owner = this.#owners.get(name) ?? { acquisitions: new Set(), held: 0, isGone: false };
    this.#owners.set(name, owner);
    return {
      get held() {
        return owner.held;
      },
      acquire: (claims, waitMs, signal) => {
        if (owner.isGone) return Promise.resolve(undefined);
        const steps = claimSteps(claims);
        const acquisition = {
          owner,
          claims: claims.length,
          steps,
          taken: 0,
          granted: undefined,
          lost: undefined,
        };
        if (steps.every((step) => this.#isFree(step))) {
          return Promise.resolve(this.#takeAll(acquisition));
        }
        if (waitMs <= 0 || signal?.aborted) return Promise.resolve(undefined);
        if (this.#waiting >= this.#mostWaiters) return Promise.reject(new ClaimLimitError());
        return this.#wait(acquisition, (giveUp) => after(waitMs, giveUp), signal);
      },
    };
  }

  /** Gives back all that an owner holds, and tells those of it that wait that they wait in vain: its lease has run out. */
  releaseAll(name: string): void {
    const owner = this.#owners.get(name);
    if (owner === undefined) return;
    this.#owners.delete(name);
    owner.isGone = true;
    const all = [...owner.acquisitions];
    // First those who wait: nothing that is given back is for them.
    for (const { lost } of all) lost?.();
    for (const acquisition of all) this.#release(acquisition);
  }

  #takeAll(acquisition: Acquisition): Release {
    const { steps, owner } = acquisition;
    for (const { path, modes } of steps) count(this.#placeAt(path), modes, 1);
    acquisition.taken = steps.length;
    owner.acquisitions.add(acquisition);
    return this.#held(acquisition);
  }

  #wait(
    acquisition: Acquisition,
    startTimer: (giveUp: () => void) => () => void,
    signal: AbortSignal | undefined,
  ): Promise<Release | undefined> {
    this.#waiting += 1;
    acquisition.owner.acquisitions.add(acquisition);
    return new Promise((resolve) => {
      const leave = (release: Release | undefined): void => {
        this.#waiting -= 1;
        acquisition.granted = undefined;
        acquisition.lost = undefined;
        cancelTimer();
        signal?.removeEventListener("abort", giveUp);
        resolve(release);
      };
      const giveUp = (): void => {
        leave(undefined);
        this.#release(acquisition);
      };
      acquisition.granted = () => leave(this.#held(acquisition));
      acquisition.lost = giveUp;
      const cancelTimer = startTimer(giveUp);
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#goOn(acquisition);
    });
  }

  /** All its steps are held. @returns how to give them back */
  #held(acquisition: Acquisition): Release {
    acquisition.owner.held += acquisition.claims;
    return () => this.#release(acquisition);
  }

  /** Takes the next steps, as far as they are free; waits in the queue of the first that is not. */
  #goOn(acquisition: Acquisition): void {
    const { steps } = acquisition;
    for (let step = steps[acquisition.taken]; step !== undefined; step = steps[acquisition.taken]) {
      const place = this.#placeAt(step.path);
      if (!this.#isFree(step)) {
        place.queue ??= new Set();
        place.queue.add(acquisition);
        return;
      }
      count(place, step.modes, 1);
      acquisition.taken += 1;
    }
    acquisition.granted?.();
  }

  /** Gives back what it holds, and leaves the queue that it waits in. May be called twice. */
  #release(acquisition: Acquisition): void {
    const { owner, steps, taken, claims } = acquisition;
    if (!owner.acquisitions.delete(acquisition)) return;
    if (taken === steps.length) owner.held -= claims;
    const waited = steps[taken];
    if (waited !== undefined) this.#places.get(waited.path)?.queue?.delete(acquisition);
    const left = waited === undefined ? steps : steps.slice(0, taken + 1);
    // All at once, before anybody is let in.
    for (let step = 0; step < taken; step += 1) {
      const { path, modes } = steps[step] as ClaimStep;
      count(this.#placeAt(path), modes, -1);
    }
    for (const { path } of left) this.#serve(path);
  }

  /** Lets in who waits for a path, as far as it is free for them and none before them is passed. */
  #serve(path: string): void {
    const place = this.#places.get(path);
    if (place === undefined) return;
    let ahead: Modes = 0;
    for (const waiter of place.queue ? [...place.queue] : none) {
      if (((place.held | ahead) & mode.treeExclusive) !== 0) break;
      const modes = waiter.steps[waiter.taken]?.modes ?? 0;
      if (conflict(modes, place.held | ahead)) {
        ahead |= modes;
        continue;
      }
      place.queue?.delete(waiter);
      count(place, modes, 1);
      waiter.taken += 1;
      this.#goOn(waiter);
    }
    if (place.held === 0 && !place.queue?.size) this.#places.delete(path);
  }

  #isFree({ path, modes }: ClaimStep): boolean {
    const place = this.#places.get(path);
    if (place === undefined) return true;
    if (conflict(modes, place.held)) return false;
    for (const waiter of place.queue ?? none) {
      if (conflict(modes, waiter.steps[waiter.taken]?.modes ?? 0)) return false;
    }
    return true;
  }

  #placeAt(path: string): Place {
    const known = this.#places.get(path);
    if (known) return known;
    const place: Place = { counts: [0, 0, 0, 0, 0, 0], held: 0, queue: undefined };
    this.#places.set(path, place);
    return place;
  }
}

const none: readonly Acquisition[] = [];

/** Counts one who holds the path in these modes, or does no more. */
function count(place: Place, modes: Modes, by: 1 | -1): void {
  const { counts } = place;
  for (let left = modes; left !== 0; left &= left - 1) {
    const bit = 31 - Math.clz32(left & -left);
    const number = (counts[bit] ?? 0) + by;
    counts[bit] = number;
    if (number > 0) place.held |= 1 << bit;
    else place.held &= ~(1 << bit);
  }
}
