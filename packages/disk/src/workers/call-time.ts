import { closeSync, openSync, readSync } from "node:fs";

/** Calls that took less are told as they are: only slow ones are judged by how long they took. */
const briefMs = 4;
/** How old the last reading of the waiting may be, so that what a slow call waited for is known well enough. */
const readEveryMs = 100;

export interface CallTimeOptions {
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
  /** How long this thread was ready to run and had no processor, in milliseconds; undefined where the system does not tell. */
  readonly waited?: () => number | undefined;
}

/**
 * How long calls to the file system took, for one thread. On a busy machine a thread waits for a processor, in the middle
 * of a call, too: that says nothing about the disk, and is left out where the system tells it (Linux). What is left out is
 * at most what the thread waited since the last reading, which is a tenth of a second old while calls are made.
 */
export class CallTime {
  readonly #clock: () => number;
  readonly #waited: () => number | undefined;
  #lastWaited: number | undefined = 0;
  #lastRead = Number.NEGATIVE_INFINITY;

  constructor({ clock = () => performance.now(), waited = waitedForProcessor }: CallTimeOptions = {}) {
    this.#clock = clock;
    this.#waited = waited;
  }

  /** To be kept for {@link since}. */
  begin(): number {
    const now = this.#clock();
    if (now - this.#lastRead >= readEveryMs) this.#read(now);
    return now;
  }

  /** How long the call took that began then, in milliseconds. */
  since(began: number): number {
    const now = this.#clock();
    const took = now - began;
    if (took < briefMs || this.#lastWaited === undefined) return took;
    const before = this.#lastWaited;
    this.#read(now);
    return this.#lastWaited === undefined ? took : Math.max(0, took - (this.#lastWaited - before));
  }

  #read(now: number): void {
    // Where it is not told once, it never will be.
    if (this.#lastWaited !== undefined) this.#lastWaited = this.#waited();
    this.#lastRead = now;
  }
}

/** Three figures of at most 20 digits. */
const figures = Buffer.alloc(64);

/** Linux: the second figure is the time on the run queue, in nanoseconds (Documentation/scheduler/sched-stats.rst). */
function waitedForProcessor(): number | undefined {
  try {
    const fd = openSync("/proc/thread-self/schedstat", "r");
    try {
      const ns = Number(figures.toString("latin1", 0, readSync(fd, figures)).split(" ")[1]);
      return Number.isFinite(ns) ? ns / 1e6 : undefined;
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}
