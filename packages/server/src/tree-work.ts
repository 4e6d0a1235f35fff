/** Ties the work on a tree to the operation that does it: progress, results of members, failures. */
import type { DavError } from "@meanwhile/dav/error";
import { multistatus, statusResponse } from "@meanwhile/dav/multistatus";
import { encodePath, type ResourcePath } from "@meanwhile/dav/path";
import type { Work } from "@meanwhile/operations";
import { type Answer, xml } from "./answer.ts";
import type { DavRequest } from "./dav-request.ts";
import type { Resource, TreeError, TreeWork } from "./store.ts";
import { fromTreeError } from "./tree-status.ts";

export interface MemberFailure {
  readonly path: ResourcePath;
  readonly kind: Resource["kind"];
  readonly error: DavError;
}

export interface TreeWorkOfRequest {
  readonly treeWork: TreeWork;
  /** Members that failed, in the order in which they did. */
  readonly failures: readonly MemberFailure[];
  /** Members that are left alone are failures too, known before the work begins. */
  fail(failure: MemberFailure): void;
}

/** @param statusOf the status of a member that was dealt with */
export function treeWork(
  request: DavRequest,
  work: Work,
  skipped: ReadonlySet<ResourcePath>,
  statusOf: number,
): TreeWorkOfRequest {
  const failures: MemberFailure[] = [];
  let found = 0;
  let done = 0;
  let counted = false;
  const uri = (path: ResourcePath, kind: Resource["kind"]) => (): string =>
    request.origin + request.prefix + encodePath(path, kind === "collection");
  const report = (): void => work.progress(done, counted ? Math.max(found, done) : undefined);

  function fail(failure: MemberFailure): void {
    failures.push(failure);
    work.result(failure.error.status, uri(failure.path, failure.kind));
  }

  return {
    failures,
    fail,
    treeWork: {
      id: work.operation.id,
      signal: work.signal,
      skipped,
      found(members) {
        found += members;
      },
      counted() {
        counted = true;
        report();
      },
      done(path, kind) {
        done += 1;
        work.result(statusOf, uri(path, kind));
        report();
      },
      failed(path: ResourcePath, kind: Resource["kind"], error: TreeError) {
        done += 1;
        fail({ path, kind, error: fromTreeError(error, request.method) });
        report();
      },
      bytes: (bytesDone, bytesTotal) => work.bytes(bytesDone, bytesTotal),
    },
  };
}

/**
 * 207 with exactly the members that failed (RFC 4918 §9.6.1, §9.8.3, §9.9.2); ancestors that stay because of them are
 * not listed: "the 424 (Failed Dependency) status code SHOULD NOT be in the 207 (Multi-Status)".
 */
export function failuresAnswer(request: DavRequest, failures: readonly MemberFailure[]): Answer {
  const responses = failures.map(({ path, kind, error }) =>
    statusResponse(request.prefix + encodePath(path, kind === "collection"), error.status, {
      ...(error.condition === undefined ? {} : { condition: error.condition }),
    }),
  );
  return xml(207, multistatus(responses));
}
