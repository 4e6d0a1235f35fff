import type { Worker } from "node:worker_threads";
import type { Batch } from "../tables/layer.ts";
import { startThread } from "./start-thread.ts";
import type { WriterResult, WriterTask } from "./state-worker.ts";

/** Who commits what was changed. */
export interface Writer {
  /**
   * Resolves once the batch is committed, and flushed to the disk.
   * @throws what it failed with; nothing of it is committed then, but where the writer itself came to its end: then that
   *   is not known
   */
  commit(batch: Batch): Promise<void>;
  close(): Promise<void>;
}

interface Pending {
  resolve(): void;
  reject(error: unknown): void;
}

interface Thread {
  readonly worker: Worker;
  /** Who waits for it, by task. */
  readonly pending: Map<number, Pending>;
}

/** Without work the thread ends after this time. */
const idleMs = 60_000;

/**
 * A thread that commits and flushes, so that only those wait for the disk who asked for something to be written. It starts
 * with the first batch, and does one after the other. When it comes to an end by itself, those whose batch it had are told,
 * and the next batch gets a new one.
 */
export class WriterThread {
  #thread: Thread | undefined;
  #tasks = 0;
  #idle: NodeJS.Timeout | undefined;

  /** @param path of the database's file */
  for(path: string): Writer {
    let used = false;
    return {
      commit: (batch) => {
        used = true;
        return this.#ask(path, batch);
      },
      close: async () => {
        if (used && this.#thread !== undefined) await this.#ask(path);
      },
    };
  }

  /** Ends it, at once. What it has is not done for all that is known; what is asked for from now on gets another. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.worker.terminate();
  }

  #ask(path: string, batch?: Batch): Promise<void> {
    clearTimeout(this.#idle);
    return new Promise((resolve, reject) => {
      this.#thread ??= this.#start();
      const { worker, pending } = this.#thread;
      this.#tasks += 1;
      const id = this.#tasks;
      pending.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, path, ...(batch === undefined ? {} : { batch }) } satisfies WriterTask);
    });
  }

  #start(): Thread {
    // It makes hardly anything that lives for long.
    const limits = { maxYoungGenerationSizeMb: 8 };
    const worker = startThread("state-worker", import.meta.url, { resourceLimits: limits });
    const pending = new Map<number, Pending>();
    let cause: unknown;
    worker.on("message", (result: WriterResult) => {
      const asked = pending.get(result.id);
      pending.delete(result.id);
      if (pending.size === 0) this.#rest(worker);
      if (result.done) asked?.resolve();
      else asked?.reject(errorOf(result));
    });
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      if (this.#thread?.worker === worker) this.#thread = undefined;
      const error = new Error("the thread that writes the state has ended", { cause });
      for (const { reject } of pending.values()) reject(error);
    });
    return { worker, pending };
  }

  /** Without work it keeps no process alive, and ends after a while. */
  #rest(worker: Worker): void {
    worker.unref();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.end(), idleMs);
    this.#idle.unref();
  }
}

function errorOf({ message, code }: WriterResult & { readonly done: false }): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
