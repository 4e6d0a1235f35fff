import { closeSync, openSync, statfsSync, unlinkSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Room that a few hundred deletions need for their records. */
const reservedBytes = 1024 * 1024;
/** So much must be free beside it before it is taken again. */
const besideBytes = 4 * reservedBytes;
/** Whether there is room again is looked at no more often than this. */
const pauseMs = 1_000;

export interface ReserveOptions {
  readonly file: string;
  /** Milliseconds, never going back. Default: since the process began. */
  readonly clock?: () => number;
}

/**
 * Room on the disk of the state directory, held by a file of zeros. It is given up when the disk is full and what is to
 * be written down frees room (a DELETE), or lets the server start; and taken again once there is room.
 */
export class Reserve {
  readonly #file: string;
  readonly #clock: () => number;
  #held = false;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor({ file, clock = () => performance.now() }: ReserveOptions) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Takes the room, where it is not held and the disk has enough of it. Never throws. */
  fill(): void {
    if (this.#held || this.#clock() - this.#lookedMs < pauseMs) return;
    this.#lookedMs = this.#clock();
    try {
      const { bavail, bsize } = statfsSync(dirname(this.#file));
      if (bavail * bsize < reservedBytes + besideBytes) return;
      const fd = openSync(this.#file, "w", 0o600);
      try {
        // Written, not only made longer: a hole takes no room.
        for (let at = 0; at < reservedBytes; ) at += writeSync(fd, zeros, 0, zeros.byteLength);
      } finally {
        closeSync(fd);
      }
      this.#held = true;
    } catch {
      // Without it, a full disk refuses what frees room too, until an operator frees some.
    }
  }

  /** Gives the room up. @returns whether there was any */
  free(): boolean {
    this.#held = false;
    try {
      unlinkSync(this.#file);
      return true;
    } catch {
      // It was given up before, or never taken.
      return false;
    }
  }
}

const zeros = Buffer.alloc(64 * 1024);
