import type { BigIntStats } from "node:fs";
import { entityTag } from "./resource.ts";

/** The clocks of file systems tick every few milliseconds; after this long a tag cannot come again. */
const keptMs = 1000;
const mostKept = 8192;

/**
 * Entity tags that were given out just now. Within one tick of the file system's clock a new file can get the inode
 * of the one that it follows at a name, and then has its tag too if their sizes are equal; such a tag is not fresh.
 */
export class FreshTags {
  readonly #clock: () => number;
  readonly #given: Map<string, number> = new Map();

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Takes the tag of a file that was written just now. False where another file had it a moment ago. */
  take(stats: BigIntStats): boolean {
    const now = this.#clock();
    for (const [tag, at] of this.#given) {
      if (now - at < keptMs && this.#given.size < mostKept) break;
      this.#given.delete(tag);
    }
    const tag = entityTag(stats);
    if (this.#given.has(tag)) return false;
    this.#given.set(tag, now);
    return true;
  }
}
