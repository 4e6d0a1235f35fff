import { type Awaitable, TreeError } from "@meanwhile/server/store";
import type { Copied, CopyJob, LargeCopy } from "../documents/copy-content.ts";
import type { Reply, Stop, WalkNews } from "../walks/walk.ts";
import type { WalkJob } from "../walks/walks.ts";
import type { Pace } from "../workers/pace.ts";
import { patiently, type WhenNoDescriptor } from "../workers/patience.ts";
import type { Route, Routes } from "../workers/routes.ts";
import type { BeforeChange, BeforeEach, Change } from "./before-change.ts";
import type { FilePath } from "./file-facts.ts";
import { type FileOperation, type FileOperations, here } from "./file-operations.ts";
import type { Room } from "./in-flight.ts";

type Result<Name extends FileOperation> = ReturnType<FileOperations[Name]>;
type Args<Name extends FileOperation> = Parameters<FileOperations[Name]>;

export interface ManyCallsOptions {
  readonly routes: Routes | undefined;
  readonly whenNoDescriptor: WhenNoDescriptor | undefined;
  readonly before: BeforeChange;
  readonly pace: Pace;
}

/** Who is told about a walk. */
export interface WalkReport {
  readonly signal: AbortSignal | undefined;
  /** What happened in a slice. */
  news(news: WalkNews): Awaitable<void>;
  /** Deals with what it stands at. */
  stop(stop: Exclude<Stop, { readonly kind: "no-descriptor" }>): Promise<Reply>;
}

/** Of walks on the calling thread. */
let nextWalk = 1;

/** Files of up to so many bytes are read and written with one call each. */
const quicklyCopied = 128n * 1024n;

/** Operations that make many calls each: in a worker, where there is one. */
export class ManyCalls {
  readonly #options: ManyCallsOptions;

  constructor(options: ManyCallsOptions) {
    this.#options = options;
  }

  /** Room for syncs beside the walk that made what is synced. */
  syncRoom(): Room {
    return { free: 3 };
  }

  /**
   * Goes through a tree in slices, each in the same worker where there is one.
   *
   * @param target what tells which file system it is on
   * @throws what ends the whole walk; {@link TreeError} "stopped" where the signal says so, between two slices
   */
  async walk(target: string, job: WalkJob, report: WalkReport): Promise<void> {
    const { routes, whenNoDescriptor } = this.#options;
    const session = routes?.aside(target, "long").session();
    const id = session?.id ?? nextWalk++;
    let [begun, ended, attempt] = [false, false, 0];
    let reply: Reply;
    try {
      for (;;) {
        if (report.signal?.aborted === true) throw new TreeError("stopped");
        const args = [id, begun ? undefined : job, reply] as const;
        ended = true;
        const news = await (session?.run("walkOn", [...args]) ??
          this.#here("walkOn", (before) => [...args, before]));
        begun = true;
        ended = news.ended;
        await report.news(news);
        if (news.ended) return;
        const { stop } = news;
        if (stop?.kind !== "no-descriptor") attempt = 0;
        else attempt += 1;
        if (stop === undefined) reply = undefined;
        else if (stop.kind === "no-descriptor")
          reply = { again: (await whenNoDescriptor?.(attempt)) === true };
        else reply = await report.stop(stop);
        const wait = this.#options.pace.breathe();
        if (wait !== undefined) await wait;
      }
    } finally {
      if (begun && !ended) await (session?.run("endWalk", [id]) ?? here("endWalk", [id]));
    }
  }

  /** Syncs and closes copies, as many as it can in a slice. @returns how many */
  syncCopies(directory: string, copies: readonly number[]): Awaitable<number> {
    return this.#run(directory, "syncCopies", (before) => [copies, before]);
  }

  /**
   * Copies an open file; see `copyOpened`. A small one is copied on the calling thread where nothing is likely to block: no sync
   * is made, and the same was copied within the last seconds.
   * @param size of the file, in bytes, where it is known
   */
  async copyOpened(from: number, path: string, job: CopyJob, size?: bigint): Promise<Copied> {
    const { routes, whenNoDescriptor } = this.#options;
    const isQuick = job.sync === "none" && size !== undefined && size <= quicklyCopied;
    const copied = await patiently(whenNoDescriptor, () => {
      const route = isQuick ? routes?.of(from, "path", "copyOpened") : undefined;
      return this.#run(path, "copyOpened", (before) => [from, path, job, before], route);
    });
    if (copied.large !== undefined) routes?.opened(copied.large.to, path);
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
    route?: Route,
  ): Awaitable<Result<Name>> {
    const lane = route === undefined ? this.#options.routes?.aside(target, "long") : route.lane;
    if (lane !== undefined) return lane.run(operation, args(undefined), route && { took: route.came });
    return this.#here(operation, args, route);
  }

  #here<Name extends FileOperation>(
    operation: Name,
    args: (before: BeforeEach | undefined) => Args<Name>,
    route?: Route,
  ): Awaitable<Result<Name>> {
    const began = performance.now();
    let held: Promise<never> | undefined;
    const before = (change: Change): void => {
      held ??= this.#options.before(change);
      if (held !== undefined) throw new Error("the process has ended");
    };
    try {
      const result = here(operation, args(before));
      route?.came(performance.now() - began);
      return held ?? result;
    } catch (error) {
      if (held !== undefined) return held;
      throw error;
    }
  }
}
