import { SHARE_ENV, type Worker } from "node:worker_threads";
import { TreeError, type TreeErrorCode } from "@meanwhile/server/store";
import { startThread } from "@meanwhile/state-lmdb/internal";
import { asStats } from "../calls/file-facts.ts";
import type { FileOperation, Held, OpenedFile } from "../calls/file-operations.ts";
import type { FileTask, FileTaskResult } from "./file-worker.ts";

/** An operation for a thread, and who waits for its result. */
export interface ThreadTask extends FileTask {
  /** Buffers among the arguments that are given away. */
  readonly transfer: readonly ArrayBuffer[];
  /** Told the result. @param ms how long the operation itself took */
  resolve(value: unknown, ms: number): void;
  /** @param ms undefined where the operation was not made */
  reject(error: unknown, ms: number | undefined): void;
}

/** One worker thread, which runs one operation at a time. */
export class FileThread {
  readonly #worker: Worker;
  readonly #ended: () => void;
  #task: ThreadTask | undefined;
  #finished: ((value: unknown) => void) | undefined;
  #idle: NodeJS.Timeout | undefined;
  #gone = false;

  /** @param ended told when the thread takes no more operations */
  constructor(ended: () => void) {
    this.#ended = ended;
    this.#worker = startThread("file-worker", import.meta.url, {
      env: SHARE_ENV,
      // Descriptors are handed over: they stay open when the thread ends.
      trackUnmanagedFds: false,
      // It makes hardly anything that lives for long.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.#worker.on("message", (result: FileTaskResult) => this.#settle(result));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the worker has ended")));
    // Without work it keeps no process alive.
    this.#worker.unref();
  }

  /** It takes no more operations. */
  get gone(): boolean {
    return this.#gone;
  }

  /** Whether an operation is under way in the worker. */
  get running(): boolean {
    return this.#task !== undefined;
  }

  /**
   * Runs an operation; none may be running.
   * @param finished called after the task was told; with undefined where the operation failed
   */
  start(task: ThreadTask, finished: (value: unknown) => void): void {
    clearTimeout(this.#idle);
    this.#idle = undefined;
    this.#task = task;
    this.#finished = finished;
    this.#worker.ref();
    if (this.#gone) return void setImmediate(() => this.#fail(new Error("the thread has ended")));
    const { operation, args, transfer } = task;
    this.#worker.postMessage({ operation, args } satisfies FileTask, transfer);
  }

  /** Ends the thread unless an operation begins before. */
  endAfter(ms: number): void {
    this.#idle = setTimeout(() => void this.end(), ms);
    this.#idle.unref();
  }

  /** Ends the thread. While an operation runs, that resolves only once the operation has come back. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    this.#gone = true;
    this.#ended();
    await this.#worker.terminate();
  }

  #settle(result: FileTaskResult): void {
    const [task, finished] = [this.#task, this.#finished];
    if (task === undefined) return;
    this.#task = undefined;
    this.#finished = undefined;
    this.#worker.unref();
    if ("value" in result) task.resolve(revive(task.operation, result.value), result.ms);
    else task.reject(reviveError(result.error), result.ms);
    finished?.("value" in result ? result.value : undefined);
  }

  #fail(cause: unknown): void {
    this.#gone = true;
    this.#ended();
    const [task, finished] = [this.#task, this.#finished];
    this.#task = undefined;
    this.#finished = undefined;
    task?.reject(new TreeError("unavailable", "a worker thread failed", { cause }), undefined);
    finished?.(undefined);
  }
}

/** Between threads the fields of an object go, and its methods do not. */
function revive(operation: FileOperation, value: unknown): unknown {
  const isStats = operation === "lstat" || operation === "find" || operation === "fstat";
  if (isStats && value !== undefined) asStats(value as object);
  if (operation === "hold" || (operation === "openFile" && value !== undefined)) {
    asStats((value as Held | OpenedFile).stats);
  }
  return value;
}

function reviveError(fields: Readonly<Record<string, unknown>>): Error {
  if (fields["name"] !== "TreeError") return Object.assign(new Error(), fields);
  const { code, message } = fields as { readonly code: TreeErrorCode; readonly message: string };
  return Object.assign(new TreeError(code, message), fields);
}
