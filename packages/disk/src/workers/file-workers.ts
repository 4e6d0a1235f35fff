import { FileLane } from "./file-lane.ts";
import { FileThread } from "./file-thread.ts";

export interface FileWorkersOptions {
  /** How many threads one lane may have at most: so many calls to one mount can be stuck. Default: 4. */
  readonly perLane?: number;
  /** A worker without work ends after this time. Default: 60,000. */
  readonly idleMs?: number;
  /** A call that runs for longer counts as stuck. Default: 2,000. */
  readonly stuckMs?: number;
  /** Milliseconds, never going back. */
  readonly clock?: () => number;
}

const defaults = { perLane: 4, idleMs: 60_000, stuckMs: 2_000, clock: () => performance.now() };

/**
 * Threads of our own for calls to the file system that may block, so that neither the event loop waits for a disk, nor
 * the four threads of libuv, which name look-ups and password checks share. A thread is started when it is needed, and
 * ends when it was idle for a minute. A call costs about 20 µs, 10 of them on the calling thread.
 *
 * Work is done in lanes. A lane is what may be stuck together: the calls to one mount. Each lane has its own threads
 * while it uses them, so a lane that is stuck holds nobody else up. Two kinds of lanes differ in what is done with work
 * for which no thread is free:
 *
 *     refusing   calls that take microseconds unless the disk is asleep or gone. When all threads are stuck, what waits
 *                fails with "unavailable".
 *     waiting    work that may take its time: fsync, whole trees. It waits for as long as it takes.
 *
 * To use them: `await lane.run("sync", [fd])`, for any of `fileOperations`; what is missing is added there. Descriptors are
 * the process's, so a worker may open one and hand it back; a directory that is read stays in one thread, see
 * {@link FileLane.readNames}.
 */
export class FileWorkers {
  readonly #options: Required<FileWorkersOptions>;
  readonly #threads: Set<FileThread> = new Set();
  readonly #idle: FileThread[] = [];

  constructor(options: FileWorkersOptions = {}) {
    this.#options = { ...defaults, ...options };
  }

  lane(kind: "refusing" | "waiting"): FileLane {
    const { perLane, stuckMs, clock } = this.#options;
    return new FileLane({
      most: perLane,
      stuckMs: kind === "refusing" ? stuckMs : undefined,
      clock,
      take: () => this.#take(),
      free: (thread) => this.#free(thread),
    });
  }

  /** How many there are. */
  get threads(): number {
    return this.#threads.size;
  }

  /** Whether a call has not come back: its thread can be neither ended nor left. */
  get busy(): boolean {
    return [...this.#threads].some(({ running }) => running);
  }

  /** Ends the threads, but for those in which a call has not come back. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads].filter(({ running }) => !running).map((thread) => thread.end()));
  }

  #take(): FileThread {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const thread = new FileThread(() => {
      this.#threads.delete(thread);
      const at = this.#idle.indexOf(thread);
      if (at >= 0) this.#idle.splice(at, 1);
    });
    this.#threads.add(thread);
    return thread;
  }

  #free(thread: FileThread): void {
    if (thread.gone) return;
    this.#idle.push(thread);
    thread.endAfter(this.#options.idleMs);
  }
}
