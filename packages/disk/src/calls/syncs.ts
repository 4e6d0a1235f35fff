import { fsync } from "node:fs";
import { promisify } from "node:util";

/** Makes what was written to a file, or renamed in a directory, survive a loss of power (fsync). */
export type Fsync = (fd: number) => Promise<void>;

export interface SyncsOptions {
  /** Must not block the event loop. */
  readonly fsync?: Fsync;
  /** The most that run at the same time. Default: 3. */
  readonly atOnce?: number;
}

interface Job {
  readonly key: string;
  readonly fd: number;
  readonly done: Promise<void>;
  begin(): Promise<void>;
}

/**
 * Runs syncs beside the event loop, a few at a time. Requests that wait for the same file share one sync, which begins
 * after the last of them asked. A sync that failed is not repeated: the kernel may have dropped what it could not
 * write, and would report success the second time.
 */
export class Syncs {
  readonly #fsync: Fsync;
  readonly #atOnce: number;
  /** Not begun yet, in the order in which they were asked for. */
  readonly #waiting: Map<string, Job> = new Map();
  readonly #running: Set<string> = new Set();

  constructor({ fsync: given = promisify(fsync), atOnce = 3 }: SyncsOptions = {}) {
    this.#fsync = given;
    this.#atOnce = atOnce;
  }

  /**
   * Syncs what an open descriptor stands for.
   *
   * @param key names the file: of several that wait for the same one, the descriptor of the first is used
   * @returns `shared`: the descriptor of another is used, and `fd` may be closed at once; else it stays open until
   *   `done` has settled
   */
  request(key: string, fd: number): { readonly done: Promise<void>; readonly shared: boolean } {
    const known = this.#waiting.get(key);
    if (known !== undefined) return { done: known.done, shared: true };
    const job = this.#job(key, fd);
    this.#waiting.set(key, job);
    this.#beginWaiting();
    return { done: job.done, shared: false };
  }

  #job(key: string, fd: number): Job {
    let begin = (): Promise<void> => Promise.resolve();
    const done = new Promise<void>((resolve, reject) => {
      begin = () => {
        const ended = this.#fsync(fd);
        ended.then(resolve, reject);
        return ended;
      };
    });
    return { key, fd, done, begin };
  }

  #beginWaiting(): void {
    for (const job of this.#waiting.values()) {
      if (this.#running.size >= this.#atOnce) return;
      if (this.#running.has(job.key)) continue;
      this.#waiting.delete(job.key);
      this.#running.add(job.key);
      const next = (): void => {
        this.#running.delete(job.key);
        this.#beginWaiting();
      };
      job.begin().then(next, next);
    }
  }
}
