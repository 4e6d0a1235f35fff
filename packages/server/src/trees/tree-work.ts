/** Ties the work on a tree to the operation that does it: progress, results of members, failures. */
import { type Condition, type DavError, encodePath, type ResourcePath, rootPath } from "@meanwhile/dav";
import { multistatus, statusResponse } from "@meanwhile/dav/xml";
import type { Work } from "@meanwhile/operations";
import { type Answer, xml } from "../http/answer.ts";
import type { ToldPath } from "../listing/told-paths.ts";
import type { Resource, TreeError, TreeWork } from "../store.ts";
import { fromTreeError } from "./tree-status.ts";

/** A member that failed. Plain data: failures that are known before the work begins are recorded with its intent. */
export interface MemberFailure {
  readonly path: ResourcePath;
  readonly kind: Resource["kind"];
  readonly status: number;
  readonly condition?: Condition;
  /** For people. */
  readonly description?: string;
}

/** How a request's URLs are written. */
export interface RequestView {
  readonly method: string;
  readonly origin: string;
  readonly prefix: string;
}

export interface TreeWorkOptions {
  readonly view: RequestView;
  readonly work: Work;
  readonly resumed: boolean;
  readonly light: boolean;
  /** It is recorded once somebody asks for it. */
  readonly later: boolean;
  readonly skipped: ReadonlySet<ResourcePath>;
  /** Failures that are known already. */
  readonly known: readonly MemberFailure[];
  /** The status of a member that was dealt with. */
  readonly statusOf: number;
  readonly told: ToldPath;
  /** What is copied, moved or removed. */
  readonly source: ResourcePath;
}

/** Members that failed, in the order in which they did. */
export interface MemberFailures {
  /** The first of them, at most {@link mostFailures}. */
  readonly listed: readonly MemberFailure[];
  /** How many more there were. */
  readonly more: number;
}

/** Members that are named in one answer: a disk that fails can make every member of a large tree fail. */
export const mostFailures: number = 10_000;

export interface TreeWorkOfRequest {
  readonly treeWork: TreeWork;
  readonly failures: MemberFailures;
  /** How many members were dealt with successfully. */
  readonly succeeded: number;
  /** Says something of it to people, beside how far it is. */
  remark(text: string): void;
}

/** Failures of members as an answer tells them: many that may not be named are one, of what stands for them. */
export function toldFailures(told: ToldPath): {
  readonly failures: MemberFailures;
  /** @returns how it is told; undefined where one that stands for it was told before */
  add(failure: MemberFailure): MemberFailure | undefined;
} {
  const listed: MemberFailure[] = [];
  const standing = new Set<ResourcePath>();
  let more = 0;
  return {
    failures: {
      listed,
      get more() {
        return more;
      },
    },
    add(failure) {
      const path = told(failure.path);
      let shown = failure;
      if (path !== failure.path) {
        if (standing.has(path)) return undefined;
        standing.add(path);
        // Its condition may name it.
        const description = "This happened to a file or folder that you may not read.";
        shown = { path, kind: "collection", status: failure.status, description };
      }
      if (listed.length < mostFailures) listed.push(shown);
      else more += 1;
      return shown;
    },
  };
}

/** A work as a tree sees it: it reports members to the operation, and collects the failures for the 207. */
export function treeWork(options: TreeWorkOptions): TreeWorkOfRequest {
  const { view, work, statusOf, told } = options;
  const { failures, add } = toldFailures(told);
  let found = 0;
  let done = 0;
  let succeeded = 0;
  let counted = false;
  const uri = (path: ResourcePath, kind: Resource["kind"]) => (): string =>
    view.origin + view.prefix + encodePath(path, kind === "collection");
  const below = options.source === rootPath ? 1 : options.source.length + 1;
  const isTold = (path: ResourcePath | undefined): path is ResourcePath =>
    path !== undefined && told(path) === path;
  /** @param last the member that was dealt with, where it may be told */
  const report = (last?: ResourcePath, remark?: string): void =>
    work.progress(done, counted ? Math.max(found, done) : undefined, remark, last?.slice(below));

  function fail(failure: MemberFailure): void {
    const shown = add(failure);
    if (shown !== undefined) work.result(shown.status, uri(shown.path, shown.kind));
  }
  for (const failure of options.known) fail(failure);

  return {
    failures,
    get succeeded() {
      return succeeded;
    },
    remark: (text) => report(undefined, text),
    treeWork: {
      id: work.operation.id,
      resumed: options.resumed,
      light: options.light,
      beforeRecord: (record) => options.later && work.beforeRecord(record),
      startedMs: work.operation.startedAtMs,
      signal: work.signal,
      skipped: options.skipped,
      found(members) {
        found += members;
      },
      counted() {
        counted = true;
        report();
      },
      done(path, kind) {
        done += 1;
        succeeded += 1;
        const mayTell = isTold(path);
        if (mayTell) work.result(statusOf, uri(path, kind));
        report(mayTell ? path : undefined);
      },
      failed(path, kind, error) {
        done += 1;
        fail({ path, kind, ...memberStatus(fromTreeError(error, view.method)) });
        report();
      },
      kept({ path, was, kind, error }) {
        fail({
          path,
          kind,
          ...memberStatus(fromTreeError(error, view.method)),
          ...(told(was) === was ? { description: whyKept(was, error) } : {}),
        });
      },
      bytes: (bytesDone, bytesTotal, path) =>
        work.bytes(bytesDone, bytesTotal, isTold(path) ? path.slice(below) : undefined),
    },
  };
}

function whyKept(was: ResourcePath, { code }: TreeError): string {
  return code === "changed"
    ? `Another program made or changed ${was} while this request was worked on: it was kept.`
    : `${was} was replaced, but could not be removed.`;
}

/** What a multistatus tells of an error. */
export function memberStatus({ status, condition }: DavError): Pick<MemberFailure, "status" | "condition"> {
  return condition === undefined ? { status } : { status, condition };
}

/**
 * 207 with exactly the members that failed (RFC 4918 §9.6.1, §9.8.3, §9.9.2); ancestors that stay because of them are
 * not listed: "the 424 (Failed Dependency) status code SHOULD NOT be in the 207 (Multi-Status)".
 * Members beyond those listed are told by their number alone.
 *
 * @param description what people are to know about all of it
 */
export function failuresAnswer(
  { prefix }: RequestView,
  { listed, more }: MemberFailures,
  description?: string,
): Answer {
  const responses = listed.map(({ path, kind, status, condition, description: why }) =>
    statusResponse(prefix + encodePath(path, kind === "collection"), status, {
      ...(condition === undefined ? {} : { condition }),
      ...(why === undefined ? {} : { description: why }),
    }),
  );
  const unlisted = more === 0 ? [] : [`${more} more failed than are listed here.`];
  const told = [...(description === undefined ? [] : [description]), ...unlisted].join(" ");
  return xml(207, multistatus(responses, told === "" ? undefined : told));
}
