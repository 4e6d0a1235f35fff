import { TreeError } from "@meanwhile/server/store";
import type { FileOperation, FileOperations, NameBatch } from "../calls/file-operations.ts";
import type { FileThread, ThreadTask } from "./file-thread.ts";

type Result<Name extends FileOperation> = ReturnType<FileOperations[Name]>;
type Args<Name extends FileOperation> = Parameters<FileOperations[Name]>;

export interface FileLaneOptions {
  /** How many threads it uses at the same time, at most. */
  readonly most: number;
  /** An operation that runs for longer is stuck. Undefined: none is, however long it runs. */
  readonly stuckMs: number | undefined;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  readonly take: () => FileThread;
  /** Gives a thread back. */
  readonly free: (thread: FileThread) => void;
}

export interface RunOptions {
  /** Buffers among the arguments that the caller gives away. */
  readonly transfer?: readonly ArrayBuffer[];
  /** Told how long the operation itself took, in milliseconds. */
  readonly took?: (ms: number) => void;
}

export interface ReadNamesOptions extends RunOptions {
  /** Whether each batch has the facts of what has the names. Default: false. */
  readonly withFacts?: boolean;
}

/** Operations of one thread, which keeps something between two of them. */
export interface FileSession {
  /** What it keeps. */
  readonly id: number;
  /**
   * Does something there. The thread is kept until a result has `ended`, or an operation fails.
   * @throws as {@link FileLane.run}; {@link TreeError} "unavailable" where the thread has ended
   */
  run<Name extends FileOperation>(
    operation: Name,
    args: Args<Name>,
    options?: RunOptions,
  ): Promise<Result<Name>>;
}

/** A thread that the lane uses: it runs an operation, or keeps something between two of them, or both. */
interface Use {
  readonly thread: FileThread;
  /** Since when the operation runs; undefined while none does. */
  since: number | undefined;
  /** Directories that it reads, walks that stand in it. */
  readonly kept: Set<number>;
  /** What only this thread can do: it keeps what that needs. */
  readonly own: LaneTask[];
}

interface LaneTask extends ThreadTask {
  /** What the thread keeps until a result has `ended`. */
  readonly keeps: number | undefined;
  /** Told which thread begins with it. */
  begins?(use: Use): void;
}

/** Operations that may be stuck together; see `FileWorkers`. */
export class FileLane {
  readonly #options: FileLaneOptions;
  readonly #uses: Set<Use> = new Set();
  #waiting: LaneTask[] = [];
  #refusing: NodeJS.Timeout | undefined;

  constructor(options: FileLaneOptions) {
    this.#options = options;
  }

  /**
   * Does something in a worker.
   * @throws what the operation throws; {@link TreeError} "unavailable" where too many are stuck
   */
  run<Name extends FileOperation>(
    operation: Name,
    args: Args<Name>,
    options: RunOptions = {},
  ): Promise<Result<Name>> {
    return this.#ask(operation, args, { ...options, keeps: undefined }, (task) => this.#begin(task));
  }

  /** Operations of one thread, which is chosen with the first of them. */
  session(): FileSession {
    const id = nextKept++;
    let use: Use | undefined;
    const inThread = (task: LaneTask): void => {
      const begins = (by: Use): void => {
        use = by;
      };
      if (use === undefined) this.#begin({ ...task, begins });
      else this.#beginIn(use, task);
    };
    return {
      id,
      run: (operation, args, options = {}) => this.#ask(operation, args, { ...options, keeps: id }, inThread),
    };
  }

  /**
   * Reads a directory in batches, one ahead. One thread has it open and reads all of it. Ending the iteration early closes
   * the directory.
   */
  async *readNames(path: string, options: ReadNamesOptions = {}): AsyncGenerator<NameBatch, void, void> {
    const { withFacts = false, ...asked } = options;
    const factsBelow = withFacts ? path : undefined;
    const session = this.session();
    let batch = await session.run("openNames", [session.id, path, withFacts], asked);
    let next: Promise<NameBatch> | undefined;
    try {
      for (;;) {
        next = batch.ended ? undefined : session.run("readNames", [session.id, factsBelow], asked);
        // Should it fail, whoever asks for the batch is told.
        next?.catch(() => {});
        yield batch;
        if (next === undefined) return;
        batch = await next;
      }
    } finally {
      if (next !== undefined) {
        // Closing what ended or failed, and is closed, does nothing.
        await session.run("closeNames", [session.id], asked);
      }
    }
  }

  /** Since when the operation runs that has run longest, by the clock; undefined where none runs. */
  get runningSince(): number | undefined {
    let first: number | undefined;
    for (const { since } of this.#uses)
      if (since !== undefined && !(since >= (first ?? since + 1))) first = since;
    return first;
  }

  #ask<Name extends FileOperation>(
    operation: Name,
    args: Args<Name>,
    { transfer = [], took, keeps }: RunOptions & Pick<LaneTask, "keeps">,
    begin: (task: LaneTask) => void,
  ): Promise<Result<Name>> {
    return new Promise((resolve, reject) => {
      begin({
        operation,
        args,
        transfer,
        keeps,
        resolve: (value, ms) => {
          took?.(ms);
          resolve(value as Result<Name>);
        },
        reject: (error, ms) => {
          if (ms !== undefined) took?.(ms);
          reject(error);
        },
      });
    });
  }

  #begin(task: LaneTask): void {
    const use = this.#freeUse();
    if (use !== undefined) this.#start(use, task);
    else if (this.#stuck()) refuse(task);
    else {
      this.#waiting.push(task);
      this.#refuseWhenStuck();
    }
  }

  #beginIn(use: Use, task: LaneTask): void {
    if (use.since === undefined && this.#uses.has(use)) this.#start(use, task);
    else if (this.#uses.has(use)) use.own.push(task);
    else task.reject(new TreeError("unavailable", "the thread that had it open has ended"), undefined);
  }

  /** A thread that keeps something is the last choice: whoever goes on with that would wait for what is stuck. */
  #freeUse(): Use | undefined {
    if (this.#uses.size < this.#options.most) {
      const use: Use = { thread: this.#options.take(), since: undefined, kept: new Set(), own: [] };
      this.#uses.add(use);
      return use;
    }
    return [...this.#uses].find(({ since }) => since === undefined);
  }

  #start(use: Use, task: LaneTask): void {
    use.since = this.#options.clock();
    task.begins?.(use);
    use.thread.start(task, (value) => {
      use.since = undefined;
      this.#note(use, task, value);
      const next = use.own.shift() ?? this.#waiting.shift();
      if (next !== undefined) this.#start(use, next);
      else if (use.kept.size === 0) {
        this.#uses.delete(use);
        this.#options.free(use.thread);
      }
    });
  }

  #note({ kept }: Use, { keeps }: LaneTask, value: unknown): void {
    if (keeps === undefined) return;
    if ((value as { readonly ended?: boolean } | undefined)?.ended === false) kept.add(keeps);
    else kept.delete(keeps);
  }

  #stuck(): boolean {
    const { most, stuckMs, clock } = this.#options;
    if (stuckMs === undefined || this.#uses.size < most) return false;
    const before = clock() - stuckMs;
    return [...this.#uses].every(({ since }) => since !== undefined && since <= before);
  }

  #refuseWhenStuck(): void {
    const { stuckMs } = this.#options;
    if (stuckMs === undefined || this.#refusing !== undefined) return;
    this.#refusing = setTimeout(() => {
      this.#refusing = undefined;
      if (this.#stuck()) for (const task of this.#waiting.splice(0)) refuse(task);
      if (this.#waiting.length > 0) this.#refuseWhenStuck();
    }, stuckMs / 4);
  }
}

let nextKept = 1;

function refuse(task: LaneTask): void {
  task.reject(
    new TreeError("unavailable", "calls to its file system do not come back, and no more are made"),
    undefined,
  );
}
