/**
 * What a COPY, MOVE or DELETE does, once all that could forbid it was judged. It is plain data: written to the journal
 * before anything is changed, so that another process can finish it should this one be killed.
 */
import { DavError, type ResourcePath } from "@meanwhile/dav";
import { type Claim, type Json, OperationRecordError, type Work } from "@meanwhile/operations";
import type { ServerContext } from "../context.ts";
import { type Answer, empty } from "../http/answer.ts";
import { toldPaths } from "../listing/told-paths.ts";
import { forgetReplacedLocks, forgetUnmappedLocks } from "../locks/forget-locks.ts";
import { underCondition } from "../methods/change.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { isMadeNevertheless, type OneChange, type Placement, TreeError } from "../store.ts";
import { fromTreeError } from "./tree-status.ts";
import {
  failuresAnswer,
  type MemberFailure,
  type MemberFailures,
  type RequestView,
  type TreeWorkOfRequest,
  treeWork,
} from "./tree-work.ts";

interface IntentOfRequest {
  readonly version: 1;
  readonly origin: string;
  readonly prefix: string;
}

export interface Removal extends IntentOfRequest {
  readonly method: "DELETE";
  readonly path: ResourcePath;
  /** What was judged: {@link Sighting.seen}. Absent in the intents of earlier versions. */
  readonly seen?: string;
  /** Whether the request has a condition on it. */
  readonly conditional?: boolean;
  /** Members that stay, with all below them. */
  readonly skipped: readonly ResourcePath[];
  /** Their failures. */
  readonly known: readonly MemberFailure[];
}

export interface Copying extends IntentOfRequest {
  readonly method: "COPY";
  readonly source: ResourcePath;
  readonly destination: ResourcePath;
  readonly overwrite: boolean;
  /** Whether there was a resource at the destination. */
  readonly replaces: boolean;
  /** What was at the destination: {@link Sighting.seen}. Absent in the intents of earlier versions. */
  readonly seen?: string;
  /** What was at the source, where the request has a condition on it. */
  readonly sourceSeen?: string;
  readonly depth: "0" | "infinity";
  readonly skipped: readonly ResourcePath[];
  readonly known: readonly MemberFailure[];
}

export interface Moving extends IntentOfRequest {
  readonly method: "MOVE";
  readonly source: ResourcePath;
  readonly destination: ResourcePath;
  readonly overwrite: boolean;
  readonly replaces: boolean;
  readonly seen?: string;
  readonly sourceSeen?: string;
}

export type TreeChange = Removal | Copying | Moving;

/** What every intent has of its request: what its answer names members by. */
export function intentOf({ origin, prefix }: DavRequest): IntentOfRequest {
  return { version: 1, origin, prefix };
}

/** The trees that a change works on. */
export function claimsOf(change: TreeChange): readonly Claim[] {
  if (change.method === "DELETE") return [{ path: change.path, scope: "tree", mode: "exclusive" }];
  const { source, destination } = change;
  const shared = change.method === "COPY";
  const alone = change.method === "COPY" && change.depth === "0";
  return [
    { path: source, scope: alone ? "member" : "tree", mode: shared ? "shared" : "exclusive" },
    { path: destination, scope: "tree", mode: "exclusive" },
  ];
}

/** The paths that its request named. */
export function namedBy(
  change: Pick<Removal, "method" | "path"> | Pick<Copying | Moving, "method" | "source" | "destination">,
): readonly ResourcePath[] {
  return change.method === "DELETE" ? [change.path] : [change.source, change.destination];
}

/** How the record of a change was begun, see {@link carryOut}. */
type Beginning = "begun" | "begun lightly" | "begun, to be recorded later";

/**
 * Records the intent, and does it. A DELETE is done all the same where it could not be recorded: it makes room, and
 * what is left of one that is killed can be deleted again.
 */
export async function intendAndCarryOut(
  change: TreeChange,
  context: ServerContext,
  work: Work,
): Promise<Answer> {
  const one = await oneChange(change, context);
  let how: Beginning = "begun";
  try {
    const when = one === "at once" ? "later" : "now";
    const durable = await work.intend(toJson(change), { durable: one === undefined, when });
    if (!durable) how = when === "later" ? "begun, to be recorded later" : "begun lightly";
  } catch (error) {
    if (change.method !== "DELETE" || !(error instanceof OperationRecordError)) throw error;
  }
  return carryOut(change, context, work, how);
}

/**
 * Records what is to be done, for the next process, where it waits for its turn, as it was judged before that. A process that
 * is killed loses none of those that wait. What a loss of power takes had not begun.
 */
export async function intendWaiting(change: TreeChange, work: Work): Promise<void> {
  await work.intend(toJson(change), { durable: false });
}

/** How one name of a document changes, where nothing is kept by it; undefined where more is to be finished. */
async function oneChange(change: TreeChange, { tree, locks }: ServerContext): Promise<OneChange | undefined> {
  if (change.method === "MOVE" ? change.replaces : change.skipped.length > 0) return undefined;
  if (change.method === "COPY") {
    const { source, destination } = change;
    return change.replaces ? undefined : tree.oneChange?.({ method: "copy", source, destination });
  }
  const source = change.method === "DELETE" ? change.path : change.source;
  const held = locks.within(source);
  if ((held instanceof Promise ? await held : held).length > 0) return undefined;
  return tree.oneChange?.(
    change.method === "DELETE"
      ? { method: "remove", source }
      : { method: "move", source, destination: change.destination },
  );
}

/**
 * @param how "resumed": an earlier process began it; "begun lightly": what is recorded of it need not survive a loss of
 *   power; "begun, to be recorded later": it is not recorded, unless somebody comes to ask for it
 */
export async function carryOut(
  change: TreeChange,
  context: ServerContext,
  work: Work,
  how: Beginning | "resumed",
): Promise<Answer> {
  const view: RequestView = change;
  const doing = treeWork({
    view,
    work,
    source: change.method === "DELETE" ? change.path : change.source,
    resumed: how === "resumed",
    light: how === "begun lightly" || how === "begun, to be recorded later",
    later: how === "begun, to be recorded later",
    skipped: new Set(change.method === "MOVE" ? [] : change.skipped),
    known: change.method === "MOVE" ? [] : change.known,
    statusOf: change.method === "DELETE" ? 200 : 201,
    told: toldPaths(context, work.operation.principal, namedBy(change)),
  });
  try {
    const success = await underCondition(isConditional(change), () => act(change, context, doing));
    return doing.failures.listed.length === 0 ? success : failed(change, doing);
  } catch (error) {
    if (error instanceof TreeError && error.code === "stopped") throw stopped(change, doing, error);
    if (error instanceof TreeError && error.code === "incomplete" && doing.failures.listed.length > 0)
      return nothingPlaced(change, doing.failures);
    const isTaken = error instanceof TreeError && (error.code === "changed" || error.code === "exists");
    if (isTaken && change.method !== "DELETE" && doing.failures.listed.length > 0)
      return withDestination(change, doing.failures, error);
    throw error;
  }
}

function isConditional(change: TreeChange): boolean {
  return change.method === "DELETE" ? change.conditional === true : change.sourceSeen !== undefined;
}

async function act(
  change: TreeChange,
  context: ServerContext,
  { treeWork }: TreeWorkOfRequest,
): Promise<Answer> {
  const { tree } = context;
  if (change.method === "DELETE") {
    const { path, seen, conditional = false } = change;
    const forget = () => forgotten(() => forgetUnmappedLocks(context, path));
    try {
      await tree.remove(path, treeWork, seen === undefined ? {} : { seen, unchanged: conditional });
    } catch (error) {
      // It may have been stopped half-way, and what is gone has no locks.
      await forget();
      throw error;
    }
    return { ...empty(204), ...(await forget()) };
  }
  const { source, destination, overwrite: replace, seen, sourceSeen } = change;
  const placement: Placement = {
    replace,
    ...(seen === undefined ? {} : { seen }),
    ...(sourceSeen === undefined ? {} : { sourceSeen }),
  };
  const forget = () =>
    forgotten(async () => {
      if (change.replaces) await forgetReplacedLocks(context, destination);
      if (change.method === "MOVE") await forgetUnmappedLocks(context, source);
    });
  if (change.method === "MOVE") await context.keptUploads?.endWithin(source);
  try {
    const { created } =
      change.method === "COPY"
        ? await tree.copy(source, destination, { depth: change.depth, ...placement }, treeWork)
        : await tree.move(source, destination, placement, treeWork);
    return { ...empty(created ? 201 : 204), ...(await forget()) };
  } catch (error) {
    if (error instanceof TreeError && isMadeNevertheless(error)) await forget();
    throw error;
  }
}

/**
 * Removes locks after a change that is done: that succeeded whether or not it can be recorded that they are gone. Where it
 * cannot, they may come back at the next start, until they time out; the log has the reason.
 */
async function forgotten(forget: () => Promise<void>): Promise<Pick<Answer, "failure">> {
  try {
    await forget();
    return {};
  } catch (error) {
    return { failure: () => error };
  }
}

function failed(change: TreeChange, { failures, succeeded }: TreeWorkOfRequest): Answer {
  const [only, ...others] = failures.listed;
  // "The 207 is for a resource other than the one that the Request-URI names" (§9.6.1).
  if (change.method === "DELETE" && only && others.length === 0 && only.path === change.path) {
    const { status, condition } = only;
    throw new DavError(status, "it could not be deleted", condition === undefined ? {} : { condition });
  }
  const answer = failuresAnswer(change, failures);
  return change.method === "DELETE" && succeeded === 0 ? { ...answer, runsAnew: true } : answer;
}

/** 207 where the destination failed after members had, or after what had its name was kept under another one. */
function withDestination(
  change: Copying | Moving,
  { listed, more }: MemberFailures,
  error: TreeError,
): Answer {
  const { status, condition } = fromTreeError(error, change.method);
  const destination: MemberFailure = {
    ...{ path: change.destination, kind: "document", status },
    ...(condition === undefined ? {} : { condition }),
  };
  return failuresAnswer(change, { listed: [destination, ...listed], more });
}

/** 207 with the members that kept a COPY or MOVE from being done at all: only what is whole replaces anything. */
export function nothingPlaced(view: RequestView, failures: MemberFailures): Answer {
  const description = `Nothing was changed: a ${view.method} is done only if all that is in the folder can be copied.`;
  return { ...failuresAnswer(view, failures, description), runsAnew: true };
}

/** 409 for a cancelled operation: not a status that clients repeat by themselves, and it tells what was done. */
function stopped(
  { method }: TreeChange,
  { succeeded, remark }: TreeWorkOfRequest,
  cause: TreeError,
): DavError {
  const what =
    method === "DELETE" && succeeded > 0
      ? `${succeeded} files and folders were deleted before; the others are as they were`
      : "nothing was changed";
  // Whoever looks at the operation sees this, and not the answer.
  remark(what);
  return new DavError(409, `the operation was cancelled: ${what}`, { cause });
}

function toJson(change: TreeChange): Json {
  return JSON.parse(JSON.stringify(change)) as Json;
}

/** Reads an intent back; undefined where it is none of ours, or of a later version. */
export function toTreeChange(intent: Json | undefined): TreeChange | undefined {
  if (typeof intent !== "object" || intent === null || Array.isArray(intent)) return undefined;
  const { version, method } = intent as { readonly version?: Json; readonly method?: Json };
  const known = version === 1 && (method === "DELETE" || method === "COPY" || method === "MOVE");
  // The journal is our own, and nobody else's to write: what it holds was a TreeChange.
  return known ? (intent as unknown as TreeChange) : undefined;
}
