/** The resource that shows an operation (HTTP Progress draft, "Status Document"): its JSON form, version 1. */
import type { JournalEntry, MemberResult, Operation } from "@meanwhile/operations";

export interface StatusDocument {
  /** Grows when a field changes its meaning; fields may be added at any time. */
  readonly version: 1;
  readonly id: string;
  readonly state: Operation["state"];
  readonly method: string;
  /** The URL that the request named. */
  readonly target: string;
  /** RFC 3339. */
  readonly started: string;
  /** RFC 3339; absent while it runs. */
  readonly ended?: string;
  readonly progress: {
    readonly done: number;
    /** Absent while it is not known. */
    readonly total?: number;
    readonly remark?: string;
    /** Of the present member, where that is a large one. */
    readonly bytes?: { readonly done: number; readonly total: number };
  };
  /** Members that failed: as many as are kept. */
  readonly failed: readonly MemberResult[];
  /** How many members failed in all. */
  readonly failures: number;
  /** Present once it has ended. */
  readonly outcome?: { readonly status: number; readonly href: string };
}

/** What is shown of an operation. `href` is the status document's own URL. */
export function statusDocument(operation: Operation | JournalEntry, href: string): StatusDocument {
  const { done, total, remark, bytes } = operation.progress;
  const { endedAtMs, outcome } = operation;
  const failed = "results" in operation ? operation.results.failed() : operation.failed;
  return {
    version: 1,
    id: operation.id,
    state: operation.state,
    method: operation.kind,
    target: operation.target,
    started: new Date(operation.startedAtMs).toISOString(),
    ...(endedAtMs === undefined ? {} : { ended: new Date(endedAtMs).toISOString() }),
    progress: {
      done,
      ...(total === undefined ? {} : { total }),
      ...(remark === undefined ? {} : { remark }),
      ...(bytes === undefined ? {} : { bytes }),
    },
    failed,
    failures: "results" in operation ? operation.results.failures : operation.failures,
    ...(outcome === undefined ? {} : { outcome: { status: outcome.status, href: `${href}/outcome` } }),
  };
}
