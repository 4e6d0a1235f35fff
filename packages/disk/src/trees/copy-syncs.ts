import type { TreeWork } from "@meanwhile/server/store";
import { isMissing, treeError } from "../calls/errno.ts";
import { InFlight } from "../calls/in-flight.ts";
import { fatal } from "../documents/copy-content.ts";
import type { Directory, DirectoryPlace, Folder } from "../paths/folder.ts";
import type { Unsynced, WalkNews } from "../walks/walk.ts";
import type { MembersReport } from "./walk-news.ts";

/** So many copies are given to one thread, to be synced one after the other. */
const together = 16;

export interface CopySyncsOptions extends MembersReport {
  readonly folder: Folder;
  readonly work: Pick<TreeWork, "signal">;
}

/** Syncs what a walk copied, in several threads, while the walk goes on. Members are told once they are synced. */
export class CopySyncs {
  readonly #options: CopySyncsOptions;
  readonly #from: DirectoryPlace;
  readonly #to: DirectoryPlace;
  readonly #flight: InFlight;
  #failure: { readonly error: unknown } | undefined;

  /** @param to the directory that the members of `from` are copied into */
  constructor(options: CopySyncsOptions, from: DirectoryPlace, to: DirectoryPlace) {
    this.#options = options;
    this.#from = from;
    this.#to = to;
    this.#flight = new InFlight(options.folder.calls.many.syncRoom());
  }

  /**
   * Takes over what has yet to be synced; resolves once there is room for more.
   * @throws what ends the whole work
   */
  async add({ unsyncedFiles, unsyncedDirectories }: WalkNews): Promise<void> {
    for (let at = 0; at < unsyncedFiles.length; at += together) {
      const files = unsyncedFiles.slice(at, at + together);
      await this.#flight.start(() => this.#syncFiles(files));
    }
    for (const directory of unsyncedDirectories) {
      await this.#flight.start(() => this.#syncDirectory(directory));
    }
    this.#rethrow();
  }

  /**
   * Resolves once nothing is left to be synced.
   * @throws what ends the whole work
   */
  async ended(): Promise<void> {
    await this.#flight.landed();
    this.#rethrow();
  }

  #rethrow(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #syncFiles(files: readonly Unsynced[]): Promise<void> {
    const { folder, work, done } = this.#options;
    const { calls } = folder;
    for (let rest = files; rest.length > 0; ) {
      if (work.signal.aborted || this.#failure !== undefined) {
        for (const { fd } of rest) calls.release(fd);
        return;
      }
      const { count, failure } = await this.#syncSome(rest);
      for (const { path } of rest.slice(0, count)) done(path, "document");
      const failed = failure === undefined ? undefined : rest[count];
      rest = rest.slice(failed === undefined ? count : count + 1);
      if (failed !== undefined) await this.#drop(failed, failure);
    }
  }

  async #syncSome(
    files: readonly Unsynced[],
  ): Promise<{ readonly count: number; readonly failure?: unknown }> {
    const fds = files.map(({ fd }) => fd);
    try {
      return { count: await this.#options.folder.calls.many.syncCopies(this.#to.self, fds) };
    } catch (failure) {
      return { count: (failure as { readonly done?: number }).done ?? 0, failure };
    }
  }

  /** Removes a copy that could not be synced. What stays must not be taken for a copy: all of the work fails then. */
  async #drop({ path }: Unsynced, failure: unknown): Promise<void> {
    const { folder, failed } = this.#options;
    const above = this.#from.path === "/" ? 1 : this.#from.path.length + 1;
    const names = path.slice(above).split("/");
    const name = names.pop() ?? "";
    const held: Directory[] = [];
    try {
      for (const below of names) held.push(await folder.enter(held.at(-1) ?? this.#to, below));
      await folder.calls.unlink((held.at(-1) ?? this.#to).at(name));
    } catch (error) {
      if (!isMissing(error)) this.#failure ??= { error: fatal(error) };
    } finally {
      for (const directory of held) directory.close();
    }
    failed(path, "document", treeError(failure));
  }

  async #syncDirectory({ path, fd }: Unsynced): Promise<void> {
    const { folder, done, failed } = this.#options;
    try {
      await folder.calls.syncNames(`/proc/self/fd/${fd}`);
      done(path, "collection");
    } catch (error) {
      failed(path, "collection", treeError(error));
    } finally {
      folder.calls.release(fd);
    }
  }
}
