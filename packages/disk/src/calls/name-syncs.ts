import { type BigIntStats, constants } from "node:fs";
import type { Awaitable } from "@meanwhile/server/store";
import { isMissing, isUnsyncable } from "./errno.ts";
import type { Syncs } from "./syncs.ts";

/** How directories are opened. */
export interface DirectoryCalls {
  open(path: string, flags: number): Awaitable<number>;
  fstat(fd: number): Awaitable<BigIntStats>;
  close(fd: number): Awaitable<void>;
}

export interface NameSyncsOptions {
  readonly calls: DirectoryCalls;
  readonly syncs: Syncs;
  /** Told once where directories cannot be synced on a file system. */
  readonly unsyncable?: (error: unknown) => void;
  /** Told of a sync that failed when nobody waited for it. */
  readonly failed?: (error: unknown) => void;
  /** Calls back later; returns how to prevent that. Default: `setTimeout`. */
  readonly after?: (ms: number, callback: () => void) => () => void;
}

/** How long names wait for their sync at most, in milliseconds. */
const soonMs = 1000;
/** Directories that wait at most: each has a descriptor. */
const mostWaiting = 64;

/** Syncs the names in directories: at once, or within a second. */
export class NameSyncs {
  readonly #options: NameSyncsOptions;
  /** Descriptors of the directories whose names wait, by file system and inode. */
  readonly #waiting: Map<string, number> = new Map();
  #syncing: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #told = false;

  constructor(options: NameSyncsOptions) {
    this.#options = options;
  }

  /** Resolves once what was renamed, made or removed in the directory before survives a loss of power. */
  async now(directory: string): Promise<void> {
    const { calls, syncs } = this.#options;
    const opened = await this.#open(directory);
    if (opened === undefined) return;
    const { done, shared } = syncs.request(opened.key, opened.fd);
    try {
      if (shared) await calls.close(opened.fd);
      await done;
    } catch (error) {
      if (!isUnsyncable(error)) throw error;
      this.#tellOnce(error);
    } finally {
      if (!shared) await calls.close(opened.fd);
    }
  }

  /** The names are synced within a second, or before {@link NameSyncs.settled} resolves. */
  async soon(directory: string): Promise<void> {
    const opened = await this.#open(directory);
    if (opened === undefined) return;
    if (this.#waiting.has(opened.key)) {
      await this.#options.calls.close(opened.fd);
      return;
    }
    this.#waiting.set(opened.key, opened.fd);
    if (this.#waiting.size >= mostWaiting) await this.settled();
    else this.#cancel ??= (this.#options.after ?? timeoutAfter)(soonMs, () => void this.settled());
  }

  /** Resolves once nothing waits any more. A sync that fails is told to the log, and does not come again. */
  async settled(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    if (waiting.length > 0) {
      const before = this.#syncing;
      this.#syncing = Promise.all([before, ...waiting.map(([key, fd]) => this.#sync(key, fd))]).then(
        () => {},
      );
    }
    await this.#syncing;
  }

  async #sync(key: string, fd: number): Promise<void> {
    const { calls, syncs, failed } = this.#options;
    const { done } = syncs.request(key, fd);
    try {
      await done;
    } catch (error) {
      if (isUnsyncable(error)) this.#tellOnce(error);
      else failed?.(error);
    } finally {
      await calls.close(fd);
    }
  }

  /** undefined where the system opens no directories, or this one may not be read. */
  async #open(directory: string): Promise<{ readonly fd: number; readonly key: string } | undefined> {
    const { calls } = this.#options;
    // Windows has no such call, and its file systems need none.
    if (process.platform === "win32") return undefined;
    let fd: number;
    try {
      fd = await calls.open(`${directory}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
    } catch (error) {
      // Another program removed it: there is nothing left to keep.
      if (isMissing(error)) return undefined;
      if (!isUnsyncable(error)) throw error;
      this.#tellOnce(error);
      return undefined;
    }
    try {
      const { dev, ino } = await calls.fstat(fd);
      return { fd, key: `${dev}:${ino}` };
    } catch (error) {
      await calls.close(fd);
      throw error;
    }
  }

  #tellOnce(error: unknown): void {
    if (!this.#told) this.#options.unsyncable?.(error);
    this.#told = true;
  }
}

function timeoutAfter(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  timer.unref();
  return () => clearTimeout(timer);
}
