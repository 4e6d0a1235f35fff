import { LatestNews } from "@meanwhile/client/internal";
import {
  type FolderProgress,
  type FolderStep,
  type FolderSummary,
  MemberError,
  type MemberFailure,
  type MemberProblemCode,
} from "../folders/folder-work.ts";

/** Of failures and of what was ignored, more are counted but not kept. */
export const mostKept = 1000;

const refusals: ReadonlySet<MemberProblemCode> = new Set([
  "conflict",
  "type-differs",
  "name-collision",
  "symbolic-link",
  "special-file",
]);

/** One transfer or deletion that is under way. */
export interface Counting {
  /** Bytes so far; a repetition that begins again does not take them back. */
  bytes(done: number): void;
  /** Members that the server has dealt with. */
  processing(done: number, total: number | undefined): void;
  end(): void;
}

/** Counts what happens to the members of a folder, and tells the news. */
export class FolderTally {
  readonly news: LatestNews<FolderProgress> = new LatestNews(() => this.#progress());
  stage: FolderProgress["stage"] = "listing";
  documentsTotal: number | undefined;
  bytesTotal: number | undefined;
  removalsTotal: number | undefined;
  stateError: Error | undefined;
  deletionsLeftOut = false;
  endedEarly = false;
  steps: readonly FolderStep[] | undefined;
  #compared = 0;
  #skipped = 0;
  #transferred = 0;
  #tried = 0;
  #bytes = 0;
  #bytesMoved = 0;
  #created = 0;
  #deleted = 0;
  #failures = 0;
  #breakdowns = 0;
  readonly #failed: MemberFailure[] = [];
  readonly #ignored: MemberFailure[] = [];
  readonly #renamed: { readonly path: string; readonly name: string }[] = [];
  readonly #rewritten: { readonly path: string; readonly sent: number; readonly stored: number }[] = [];
  readonly #current = new Map<object, string>();
  #processing: { readonly done: number; readonly total?: number } | undefined;

  /** How many members failed so far, refusals among them. */
  get failures(): number {
    return this.#failures;
  }

  /** Failures that leave it open what is there; refusals, which are certain, are none. */
  get breakdowns(): number {
    return this.#breakdowns;
  }

  /** What was done so far. */
  get summary(): FolderSummary {
    return {
      transferred: this.#transferred,
      bytes: this.#bytesMoved,
      skipped: this.#skipped,
      created: this.#created,
      deleted: this.#deleted,
      failures: this.#failures,
      failed: this.#failed,
      ignored: this.#ignored,
      renamed: this.#renamed,
      rewritten: this.#rewritten,
      deletionsLeftOut: this.deletionsLeftOut,
      endedEarly: this.endedEarly,
      ...(this.steps !== undefined && { steps: this.steps }),
      ...(this.stateError !== undefined && { stateError: this.stateError }),
    };
  }

  /** Something of the above was set. */
  changed(): void {
    this.news.changed();
  }

  compared(members: number): void {
    this.#compared += members;
    this.changed();
  }

  skipped(): void {
    this.#skipped += 1;
  }

  created(): void {
    this.#created += 1;
    this.changed();
  }

  transferred(bytes: number): void {
    this.#transferred += 1;
    this.#tried += 1;
    this.#bytesMoved += bytes;
    this.changed();
  }

  deleted(): void {
    this.#deleted += 1;
    this.changed();
  }

  /** A document that was to be transferred was not. */
  notTransferred(): void {
    this.#tried += 1;
  }

  failed(path: string, error: Error): void {
    this.#failures += 1;
    if (!(error instanceof MemberError && refusals.has(error.code))) this.#breakdowns += 1;
    if (this.#failed.length < mostKept) this.#failed.push({ path, error });
    this.changed();
  }

  ignored(failure: MemberFailure): void {
    if (this.#ignored.length < mostKept) this.#ignored.push(failure);
  }

  renamed(path: string, name: string): void {
    if (this.#renamed.length < mostKept) this.#renamed.push({ path, name });
  }

  rewritten(path: string, sent: number, stored: number): void {
    if (this.#rewritten.length < mostKept) this.#rewritten.push({ path, sent, stored });
  }

  begin(path: string): Counting {
    const key = {};
    let counted = 0;
    this.#current.set(key, path);
    this.changed();
    return {
      bytes: (done) => {
        if (done <= counted) return;
        this.#bytes += done - counted;
        counted = done;
        this.changed();
      },
      processing: (done, total) => {
        this.#processing = { done, ...(total !== undefined && { total }) };
        this.changed();
      },
      end: () => {
        this.#current.delete(key);
        this.#processing = undefined;
        this.changed();
      },
    };
  }

  #progress(): FolderProgress {
    return {
      stage: this.stage,
      documents: counted(this.#tried, this.documentsTotal),
      bytes: counted(this.#bytes, this.bytesTotal),
      compared: this.#compared,
      skipped: this.#skipped,
      deleted: counted(this.#deleted, this.removalsTotal),
      failures: this.#failures,
      current: [...this.#current.values()],
      ...(this.#processing !== undefined && { processing: this.#processing }),
    };
  }
}

function counted(
  done: number,
  total: number | undefined,
): { readonly done: number; readonly total?: number } {
  return total === undefined ? { done } : { done, total: Math.max(done, total) };
}
