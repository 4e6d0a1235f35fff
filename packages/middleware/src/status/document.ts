/**
 * The resource that shows an operation (HTTP Progress draft, "Status Document"): its JSON form, version 1. The same is
 * published as JSON Schema in `schema/status-document.schema.json`.
 */
import type { JournalEntry, MemberResult, Operation, OperationState } from "@meanwhile/operations";

/** An operation as its status document shows it. */
export interface StatusDocument {
  /** Grows when a field changes its meaning or goes; fields may be added at any time. */
  readonly version: 1;
  readonly id: string;
  /** The document's own URL, absolute. */
  readonly href: string;
  readonly state: OperationState;
  readonly method: string;
  /** The URL that the request named. */
  readonly target: string;
  /** The URL that it goes to, of a COPY or MOVE for instance. */
  readonly destination?: string;
  /** RFC 3339, in UTC. */
  readonly started: string;
  /** RFC 3339, in UTC; absent while it runs. */
  readonly ended?: string;
  readonly progress: StatusProgress;
  /**
   * Members that failed: some of them, where there are many (in lists and `progress` events none at all);
   * `failures` says how many there are.
   */
  readonly failed: readonly MemberResult[];
  /** How many members failed in all. */
  readonly failures: number;
  /** While it runs: POST there asks to stop it, absolute. */
  readonly cancel?: string;
  /** Once it has ended: POST there hides it, absolute. */
  readonly hide?: string;
  /** Present once it has ended. */
  readonly outcome?: StatusOutcome;
}

/** How far an operation is. */
export interface StatusProgress {
  /** Members dealt with. Never falls. */
  readonly done: number;
  /** Members in all; absent while it is not known. */
  readonly total?: number;
  /** A few words for people. */
  readonly remark?: string;
  /** While it runs: one member that is worked on, or was dealt with last, by its path from the target on. */
  readonly member?: string;
  /** Of the present member, where that is a large one. */
  readonly bytes?: { readonly done: number; readonly total: number };
}

/** What became of an operation, and where its final response is. */
export interface StatusOutcome {
  /** Of the final response. */
  readonly status: number;
  /** Where the final response itself is kept, absolute. */
  readonly href: string;
  /** Its content was too large to be kept: its status is all there is. */
  readonly truncated?: true;
  /** It held secrets, and is not kept any longer: its status is all there is. */
  readonly forgotten?: true;
}

/** The caller's own operations: those that run first, then the latest. */
export interface StatusList {
  readonly version: 1;
  readonly operations: readonly StatusDocument[];
  /** There are more than are shown. */
  readonly more?: true;
}

/** URIs of failed members are shown until they are so many characters together. */
export const failedCharacters: number = 256 * 1024;

/** What is shown of an operation. `href` is the status document's own URL. */
export function statusDocument(
  operation: Operation | JournalEntry,
  href: string,
  { failed = true }: { readonly failed?: boolean } = {},
): StatusDocument {
  const { done, total, remark, member, bytes } = operation.progress;
  const { endedAtMs, outcome } = operation;
  const results = "results" in operation ? operation.results : undefined;
  return {
    version: 1,
    id: operation.id,
    href,
    state: operation.state,
    method: operation.kind,
    target: operation.target,
    ...(operation.destination === undefined ? {} : { destination: operation.destination }),
    started: new Date(operation.startedAtMs).toISOString(),
    ...(endedAtMs === undefined ? {} : { ended: new Date(endedAtMs).toISOString() }),
    progress: {
      done,
      ...(total === undefined ? {} : { total }),
      ...(remark === undefined ? {} : { remark }),
      ...(member === undefined || outcome !== undefined ? {} : { member }),
      ...(bytes === undefined ? {} : { bytes }),
    },
    failed: failed ? bounded(results?.failed() ?? ("failed" in operation ? operation.failed : [])) : [],
    failures: results?.failures ?? ("failures" in operation ? operation.failures : 0),
    ...(outcome === undefined
      ? { cancel: `${href}/cancel` }
      : {
          hide: `${href}/hide`,
          outcome: {
            status: outcome.status,
            href: `${href}/outcome`,
            ...(outcome.truncated ? { truncated: true } : {}),
            ...(outcome.forgotten ? { forgotten: true } : {}),
          },
        }),
  };
}

/** Whether it has ended, in whatever way. */
export function hasEnded({ outcome }: StatusDocument): boolean {
  return outcome !== undefined;
}

function bounded(results: readonly MemberResult[]): readonly MemberResult[] {
  let left = failedCharacters;
  const first = results.findIndex(({ uri }) => {
    left -= uri.length;
    return left < 0;
  });
  return first === -1 ? results : results.slice(0, first);
}
