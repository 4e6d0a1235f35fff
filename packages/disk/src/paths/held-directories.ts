import type { Calls } from "../calls/calls.ts";
import type { Held } from "../calls/file-operations.ts";

/**
 * A request holds the same directories several times, and so does the next. A descriptor is used for so long, in milliseconds,
 * from when it was opened: what is mounted over a directory is found by then, and what is unmounted is not kept from it.
 */
const keptMs = 20;
export interface HeldDirectoriesOptions {
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
  /** Descriptors that are kept. Default: 64 at most. */
  readonly most?: number;
}

/** A directory that is open, by the path that it was opened by. */
export interface HeldDirectory extends Pick<Held, "fd"> {
  readonly device: bigint;
  /** To be called once by whoever held it. */
  close(): void;
}

interface Kept {
  readonly path: string;
  readonly fd: number;
  readonly device: bigint;
  readonly openedMs: number;
  users: number;
}

/**
 * Directories that are held by a descriptor, for a moment longer than they are needed (Linux). A descriptor means the same
 * directory for ever; whether that is still where its path says is asked each time that it is taken.
 */
export class HeldDirectories {
  readonly #clock: () => number;
  readonly #most: number;
  readonly #kept: Map<string, Kept> = new Map();
  #timer: NodeJS.Timeout | undefined;

  constructor({ clock = () => performance.now(), most = 64 }: HeldDirectoriesOptions = {}) {
    this.#clock = clock;
    this.#most = most;
  }

  /** One that is open; undefined where none is, or it is no longer where it was. */
  take(path: string, calls: Calls): HeldDirectory | undefined {
    const kept = this.#kept.get(path);
    if (kept === undefined) return undefined;
    if (this.#isOld(kept) || calls.whereIs(kept.fd) !== path) {
      this.#forget(kept, calls);
      return undefined;
    }
    return this.#used(kept, calls);
  }

  /** Keeps one that was just opened. */
  add(path: string, { fd, stats }: Held, calls: Calls): HeldDirectory {
    const other = this.#kept.get(path);
    if (other !== undefined) this.#forget(other, calls);
    const kept: Kept = { path, fd, device: stats.dev, openedMs: this.#clock(), users: 0 };
    if (this.#kept.size < this.#most) {
      this.#kept.set(path, kept);
      this.#timer ??= setTimeout(() => this.#releaseOld(calls), keptMs).unref();
    }
    return this.#used(kept, calls);
  }

  /** Releases what nobody uses. */
  close(calls: Calls): void {
    for (const kept of this.#kept.values()) this.#forget(kept, calls);
  }

  #used(kept: Kept, calls: Calls): HeldDirectory {
    kept.users += 1;
    let open = true;
    const close = (): void => {
      if (open) this.#left(kept, calls);
      open = false;
    };
    return { fd: kept.fd, device: kept.device, close };
  }

  #left(kept: Kept, calls: Calls): void {
    kept.users -= 1;
    if (kept.users === 0 && this.#kept.get(kept.path) !== kept) calls.release(kept.fd);
  }

  #forget(kept: Kept, calls: Calls): void {
    this.#kept.delete(kept.path);
    if (kept.users === 0) calls.release(kept.fd);
  }

  #isOld({ openedMs }: Kept): boolean {
    return this.#clock() - openedMs >= keptMs;
  }

  #releaseOld(calls: Calls): void {
    this.#timer = undefined;
    for (const kept of this.#kept.values()) if (this.#isOld(kept)) this.#forget(kept, calls);
    if (this.#kept.size > 0) this.#timer = setTimeout(() => this.#releaseOld(calls), keptMs).unref();
  }
}
