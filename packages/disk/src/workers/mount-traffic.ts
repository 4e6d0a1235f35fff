import type { FileLane } from "./file-lane.ts";

/** A call that takes longer counts as late. */
const lateMs = 8;
/** Late calls that took this long together, or one that did, make the mount a slow one... */
const toleratedMs = 100;
/** ...where they come faster than they are forgiven: milliseconds of them a millisecond. */
const forgiven = 0.1;
/** A mount is slow for this long; then calls on the main thread are tried again. */
const slowForMs = 120_000;

export interface MountTrafficOptions {
  /** Whether its type says that it is quick. */
  readonly local: boolean;
  readonly calls: FileLane;
  readonly long: FileLane;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
}

/**
 * Whether calls to a mount may be made on the main thread. One takes 5 µs there, and 20 more in a worker; but where it
 * stops, all requests stop. So they are made there where the file system is one of this machine, and none has been slow
 * for two minutes: neither a single call that took a tenth of a second, nor many late ones, nor one that has not come
 * back yet. What makes a call late now and then, such as a collection of garbage, is no reason.
 */
export class MountTraffic {
  /** For calls that may block: in a worker. */
  readonly calls: FileLane;
  /** For work that may take its time: in a worker. */
  readonly long: FileLane;
  readonly #local: boolean;
  readonly #clock: () => number;
  #slowUntil = Number.NEGATIVE_INFINITY;
  #lateMs = 0;
  #lastLate = 0;

  constructor({ local, calls, long, clock }: MountTrafficOptions) {
    this.calls = calls;
    this.long = long;
    this.#local = local;
    this.#clock = clock;
  }

  /** Whether a call may be made on the event loop's thread: the mount is local, and its calls were quick of late. */
  get quick(): boolean {
    if (!this.#local) return false;
    const now = this.#clock();
    if (now < this.#slowUntil) return false;
    const since = this.calls.runningSince;
    return since === undefined || now - since < toleratedMs;
  }

  /** A call to the mount has come back. */
  took(ms: number): void {
    if (ms <= lateMs) return;
    const now = this.#clock();
    const forgivenMs = (now - this.#lastLate) * forgiven;
    this.#lateMs = Math.max(0, this.#lateMs - forgivenMs) + ms;
    this.#lastLate = now;
    if (this.#lateMs < toleratedMs) return;
    this.#slowUntil = now + slowForMs;
    // A disk that is still slow then is known by its first late calls.
    this.#lastLate = this.#slowUntil;
    this.#lateMs = toleratedMs - 2 * lateMs;
  }
}
