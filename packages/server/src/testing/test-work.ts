import type { ResourcePath } from "@meanwhile/dav";
import type { Kept, Resource, TreeError, TreeErrorCode, TreeWork } from "../store.ts";

/** One thing that a {@link TreeWork} was told. */
export type WorkEvent =
  | { readonly kind: "found"; readonly members: number }
  | { readonly kind: "counted" }
  | { readonly kind: "done"; readonly path: ResourcePath; readonly resource: Resource["kind"] }
  | {
      readonly kind: "failed";
      readonly path: ResourcePath;
      readonly resource: Resource["kind"];
      readonly error: TreeError;
    }
  | { readonly kind: "kept"; readonly kept: Kept }
  | {
      readonly kind: "bytes";
      readonly done: number;
      readonly total: number;
      readonly path?: ResourcePath | undefined;
    };

/** What a work in a test is told. */
export interface TestWorkOptions {
  readonly id?: string;
  readonly resumed?: boolean;
  readonly light?: boolean;
  /** Given what records a light work, should it come to be asked for; default: that is done at its beginning. */
  readonly beforeRecord?: (record: () => Promise<void>) => boolean;
  readonly startedMs?: number;
  readonly signal?: AbortSignal;
  readonly skipped?: Iterable<ResourcePath>;
  /** Called with each event as it comes, for instance to stop the work in its middle. */
  readonly onEvent?: (event: WorkEvent) => void;
}

/** A {@link TreeWork} that keeps what it was told. */
export interface TestWork extends TreeWork {
  readonly events: readonly WorkEvent[];
  /** Members found so far. */
  readonly foundMembers: number;
  /** How often it was told that all are counted. */
  readonly countedTimes: number;
  /** Paths told to be done, in order. */
  readonly donePaths: readonly ResourcePath[];
  /** Paths told to have failed, with the reason. */
  readonly failures: ReadonlyMap<ResourcePath, TreeErrorCode>;
  /** What stays of a replaced destination: where it is, with the reason. */
  readonly keptPaths: ReadonlyMap<ResourcePath, TreeErrorCode>;
  /** Promises of {@link TreeWork} that were broken on the way, as sentences. */
  readonly violations: readonly string[];
}

let works = 0;

/** Makes a {@link TreeWork} that keeps what it was told, and notes each broken promise. */
export function testWork(options: TestWorkOptions = {}): TestWork {
  return new RecordingWork(options);
}

class RecordingWork implements TestWork {
  readonly id: string;
  readonly resumed: boolean;
  readonly light: boolean;
  readonly startedMs: number;
  readonly signal: AbortSignal;
  readonly skipped: ReadonlySet<ResourcePath>;
  readonly events: WorkEvent[] = [];
  readonly donePaths: ResourcePath[] = [];
  readonly failures: Map<ResourcePath, TreeErrorCode> = new Map();
  readonly keptPaths: Map<ResourcePath, TreeErrorCode> = new Map();
  readonly violations: string[] = [];
  foundMembers = 0;
  countedTimes = 0;
  readonly #told = new Set<ResourcePath>();
  readonly #onEvent: (event: WorkEvent) => void;
  readonly #beforeRecord: TestWorkOptions["beforeRecord"];

  constructor(options: TestWorkOptions) {
    works += 1;
    this.id = options.id ?? `test-work-${works}`;
    this.resumed = options.resumed ?? false;
    this.light = options.light ?? false;
    this.startedMs = options.startedMs ?? Date.now();
    this.signal = options.signal ?? new AbortController().signal;
    this.skipped = new Set(options.skipped);
    this.#onEvent = options.onEvent ?? (() => {});
    this.#beforeRecord = options.beforeRecord;
  }

  beforeRecord(record: () => Promise<void>): boolean {
    return this.#beforeRecord?.(record) ?? false;
  }

  found(members: number): void {
    if (!Number.isInteger(members) || members < 0) this.violations.push(`found ${members} members`);
    if (this.countedTimes > 0 && members > 0) this.violations.push("found more after all were counted");
    this.foundMembers += members;
    this.#keep({ kind: "found", members });
  }

  counted(): void {
    this.countedTimes += 1;
    if (this.countedTimes > 1) this.violations.push("counted more than once");
    this.#keep({ kind: "counted" });
  }

  done(path: ResourcePath, resource: Resource["kind"]): void {
    this.#tell(path);
    this.donePaths.push(path);
    this.#keep({ kind: "done", path, resource });
  }

  failed(path: ResourcePath, resource: Resource["kind"], error: TreeError): void {
    this.#tell(path);
    this.failures.set(path, error.code);
    this.#keep({ kind: "failed", path, resource, error });
  }

  kept(kept: Kept): void {
    const { path, error } = kept;
    if (this.keptPaths.has(path)) this.violations.push(`told twice that ${JSON.stringify(path)} is kept`);
    this.keptPaths.set(path, error.code);
    this.#keep({ kind: "kept", kept });
  }

  bytes(done: number, total: number, path?: ResourcePath): void {
    if (!(done >= 0 && done <= total)) this.violations.push(`${done} of ${total} bytes`);
    this.#keep({ kind: "bytes", done, total, path });
  }

  #tell(path: ResourcePath): void {
    if (this.#told.has(path)) this.violations.push(`told twice about ${JSON.stringify(path)}`);
    this.#told.add(path);
    if (this.skipped.has(path)) this.violations.push(`told about ${JSON.stringify(path)}, which is skipped`);
    if (this.#told.size > this.foundMembers) {
      this.violations.push(`${this.#told.size} members dealt with, of ${this.foundMembers} found`);
    }
  }

  #keep(event: WorkEvent): void {
    this.events.push(event);
    this.#onEvent(event);
  }
}
