import type { Awaitable } from "@meanwhile/server/store";
import type { Copied, CopyJob, LargeCopy } from "../documents/copy-content.ts";
import { patiently, type WhenNoDescriptor } from "../workers/patience.ts";
import type { Routes } from "../workers/routes.ts";
import type { BeforeChange, Change } from "./before-change.ts";
import type { Durability } from "./durability.ts";
import { hasNoDescriptor } from "./errno.ts";
import {
  type BeforeEach,
  type FileOperation,
  type FileOperations,
  type FilePath,
  here,
} from "./file-operations.ts";
import type { Room } from "./in-flight.ts";

type Result<Name extends FileOperation> = ReturnType<FileOperations[Name]>;
type Args<Name extends FileOperation> = Parameters<FileOperations[Name]>;

export interface ManyCallsOptions {
  readonly routes: Routes | undefined;
  readonly durability: Durability;
  readonly whenNoDescriptor: WhenNoDescriptor | undefined;
  readonly before: BeforeChange;
}

/** Operations that make many calls each: in a worker, where there is one. */
export class ManyCalls {
  readonly #options: ManyCallsOptions;

  constructor(options: ManyCallsOptions) {
    this.#options = options;
  }

  /** Room for work on one tree: for two threads at the same time, and for more where each waits for its syncs. */
  room(): Room {
    return { free: this.#options.durability === "none" ? 1 : 3 };
  }

  /** Removes files of a directory, as many as it can in a slice. @returns how many are gone */
  unlinkFiles(directory: string, names: readonly string[]): Awaitable<number> {
    return this.#run(directory, "unlinkFiles", (before) => [directory, names, before]);
  }

  /** Copies an open file; see `copyOpened`. */
  async copyOpened(from: number, path: string, job: CopyJob): Promise<Copied> {
    const { routes, whenNoDescriptor } = this.#options;
    const copied = await patiently(whenNoDescriptor, () =>
      this.#run(path, "copyOpened", (before) => [from, path, job, before]),
    );
    if (copied.large !== undefined) routes?.opened(copied.large.to, path);
    return copied;
  }

  /** Copies files of a directory, as many as it can in a slice; see `copyFiles`. */
  async copyFiles(
    from: string,
    to: string,
    names: readonly string[],
    job: CopyJob,
  ): Promise<Result<"copyFiles">> {
    const { routes, whenNoDescriptor } = this.#options;
    const copied = await patiently(whenNoDescriptor, async () => {
      try {
        return await this.#run(to, "copyFiles", (before) => [from, to, names, job, before]);
      } catch (error) {
        const { done = 0 } = error as { readonly done?: number };
        // The next call meets it first, and waits.
        if (done === 0 || whenNoDescriptor === undefined || !hasNoDescriptor(error)) throw error;
        return { done };
      }
    });
    if (copied.large !== undefined) {
      routes?.opened(copied.large.from, from);
      routes?.opened(copied.large.to, to);
    }
    return copied;
  }

  /** Completes a large copy, and closes it. */
  async finishCopy(copy: LargeCopy, job: CopyJob): Promise<void> {
    const finished = this.#run(copy.to, "finishCopy", (before) => [copy, job, before]);
    this.#options.routes?.closing(copy.to);
    await finished;
  }

  #run<Name extends FileOperation>(
    target: FilePath | number,
    operation: Name,
    args: (before: BeforeEach | undefined) => Args<Name>,
  ): Awaitable<Result<Name>> {
    const lane = this.#options.routes?.aside(target, "long");
    if (lane !== undefined) return lane.run(operation, args(undefined));
    let held: Promise<never> | undefined;
    const before = (change: Change): void => {
      held ??= this.#options.before(change);
      if (held !== undefined) throw new Error("the process has ended");
    };
    try {
      const result = here(operation, args(before));
      return held ?? result;
    } catch (error) {
      if (held !== undefined) return held;
      throw error;
    }
  }
}
