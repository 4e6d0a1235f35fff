import type { Worker } from "node:worker_threads";
import type { Batch } from "./layer.ts";
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

/** Without work the thread ends after this time. */
const idleMs = 60_000;

/**
 * A thread that commits and flushes, so that only those wait for the disk who asked for something to be written. It starts
 * with the first batch, and does one after the other. When it comes to an end by itself, those whose batch it had are told,
 * and the next batch gets a new one.
 */
export class WriterThread {
  #worker: Worker | undefined;
  readonly #pending: Map<number, Pending> = new Map();
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
        if (used && this.#worker !== undefined) await this.#ask(path);
      },
    };
  }

  /** Ends it, at once. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #ask(path: string, batch?: Batch): Promise<void> {
    clearTimeout(this.#idle);
    return new Promise((resolve, reject) => {
      this.#worker ??= this.#start();
      this.#tasks += 1;
      const id = this.#tasks;
      this.#pending.set(id, { resolve, reject });
      this.#worker.ref();
      this.#worker.postMessage({ id, path, ...(batch === undefined ? {} : { batch }) } satisfies WriterTask);
    });
  }

  #start(): Worker {
    // It makes hardly anything that lives for long.
    const limits = { maxYoungGenerationSizeMb: 8 };
    const worker = startThread("state-worker", import.meta.url, { resourceLimits: limits });
    let cause: unknown;
    worker.on("message", (result: WriterResult) => this.#settle(result));
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", () => {
      this.#worker = undefined;
      const error = new Error("the thread that writes the state has ended", { cause });
      const pending = [...this.#pending.values()];
      this.#pending.clear();
      for (const { reject } of pending) reject(error);
    });
    return worker;
  }

  #settle(result: WriterResult): void {
    const pending = this.#pending.get(result.id);
    this.#pending.delete(result.id);
    if (this.#pending.size === 0) {
      // Without work it keeps no process alive.
      this.#worker?.unref();
      this.#idle = setTimeout(() => void this.end(), idleMs);
      this.#idle.unref();
    }
    if (result.done) pending?.resolve();
    else pending?.reject(errorOf(result));
  }
}

function errorOf({ message, code }: WriterResult & { readonly done: false }): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
