/** What all methods that change something share: how they run, and how they are judged before they act. */
import { DavError, type IfHeader, parentOf, type ResourcePath } from "@meanwhile/dav";
import type { Claim, Load, Work } from "@meanwhile/operations";
import { checkPreconditions, comparesRepresentation } from "../conditions/conditional.ts";
import { requireIf } from "../conditions/if-evaluation.ts";
import type { ServerContext } from "../context.ts";
import type { Answer } from "../http/answer.ts";
import { type Submission, submission } from "../locks/locking.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { type Awaitable, type Resource, TreeError } from "../store.ts";

/**
 * A method that changes something. Called first, it parses the header and receives the content; then the complete
 * request is there, and what it returned runs as an operation, which the client's leaving does not stop.
 */
export type ChangeMethod = (request: DavRequest, context: ServerContext) => Promise<Ending>;

export interface Ending {
  (work: Work): Promise<Answer>;
  /** Frees what was received, where the work is not to be done after all. Not called after it began. */
  readonly discard?: () => Awaitable<void>;
}

/** Runs `act` while the trees that it works on are kept from others. @throws {DavError} 503 when they are not free */
export async function withClaims(
  { claims, limits }: ServerContext,
  wanted: readonly Claim[],
  work: Work,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const release = await claims.acquire(wanted, limits.claimMs, work.signal);
  if (!release) {
    if (work.signal.aborted) throw new TreeError("stopped");
    throw notFree();
  }
  try {
    return await act();
  } finally {
    release();
  }
}

/**
 * Waits until the trees that a work will need are free, as long as {@link withClaims} does, and does not take them: for
 * one that begins later, and had better not begin at all where they are not free.
 * @throws {DavError} 503
 */
export async function waitUntilFree(
  { claims, limits }: ServerContext,
  wanted: readonly Claim[],
  signal: AbortSignal,
): Promise<void> {
  const release = await claims.acquire(wanted, limits.claimMs, signal);
  if (!release) throw notFree();
  release();
}

/** What a request works on is not free, and did not become so in time. */
export function notFree(): DavError {
  return new DavError(503, "another request works on it: try again later", {
    fields: { "Retry-After": "2" },
  });
}

/**
 * Waits until the work may begin: only so many go on at once, and askers take turns.
 *
 * @param meanwhile done where it has to wait; what it fails with is found again at its turn
 * @returns whether it had to wait: what was judged before may have changed, and is to be judged again
 * @throws {TreeError} "stopped" where it was cancelled while it waited
 */
export async function waitsForTurn(
  work: Work,
  load: Load,
  meanwhile?: () => Promise<void>,
): Promise<boolean> {
  const entered = work.enter(load);
  if (entered === "entered") return false;
  await meanwhile?.().catch(() => {});
  if ((await entered) === "cancelled") throw new TreeError("stopped");
  return true;
}

/** How much of the machine a change of a resource takes, at the depth that it has. */
export function loadOf({ kind }: Resource, depth: "0" | "infinity" = "infinity"): Load {
  return kind === "collection" && depth === "infinity" ? "tree" : "document";
}

export interface Judgement {
  readonly resource: Resource | undefined;
  /** See {@link Sighting.seen}. */
  readonly seen: string;
  /** The request has a condition on what is there: where that changes before the change is made, it fails with 412. */
  readonly conditional: boolean;
  readonly ifHeader: IfHeader | undefined;
  readonly by: Submission;
}

/**
 * Looks at the target and at every condition that the request makes on it (RFC 9110 §13, RFC 4918 §10.4).
 * Locks are for the caller to check, with `by`.
 *
 * A URL that ends in a slash names a collection (RFC 4918 §5.2): a document of that name is not what it names, and is
 * not there. Only MKCOL, which changes nothing that it finds, finds it.
 */
export async function judge(request: DavRequest, context: ServerContext): Promise<Judgement> {
  const ifHeader = request.fields.if;
  const { resource: found, seen } = await context.tree.see(request.path, { members: false });
  const isNamed = found?.kind === "collection" || !request.trailingSlash || request.method === "MKCOL";
  const resource = isNamed ? found : undefined;
  requireReadFor(request, context);
  if (checkPreconditions(request, resource, context.now()).kind !== "proceed") {
    throw new DavError(412, "a precondition of the request does not hold");
  }
  await requireIf(ifHeader, request, context);
  const conditional = isConditional(request, ifHeader);
  return { resource, seen, conditional, ifHeader, by: submission(ifHeader, request, context) };
}

function isConditional({ fields }: DavRequest, ifHeader: IfHeader | undefined): boolean {
  const { match, noneMatch, unmodifiedSince } = fields.preconditions;
  const tags = ifHeader?.lists.some(({ conditions }) => conditions.some(({ kind }) => kind === "etag"));
  return tags === true || [match, noneMatch, unmodifiedSince].some((condition) => condition !== undefined);
}

/** Acts on what was judged. What another program changed since fails a condition that the request made on it (412). */
export async function underCondition<T>(conditional: boolean, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!conditional || !(error instanceof TreeError) || error.code !== "changed") throw error;
    throw new DavError(412, "a precondition of the request no longer holds", { cause: error });
  }
}

/** A condition on what one may not read would tell of it: it never holds. @throws {DavError} 412 */
function requireReadFor({ fields, principal, path }: DavRequest, { access }: ServerContext): void {
  if (comparesRepresentation(fields.preconditions) && !access.may(principal, "read", path)) {
    throw new DavError(412, "a precondition of the request does not hold");
  }
}

/** @throws {DavError} 403 unless the principal may write each of `paths` */
export function requireWrite(
  { access, isReserved }: ServerContext,
  { principal }: DavRequest,
  paths: readonly ResourcePath[],
): void {
  for (const path of paths) {
    if (isReserved(path))
      throw new DavError(403, "this part of the server holds status documents, and no files");
    if (!access.may(principal, "write", path)) throw new DavError(403, "you may not change this");
  }
}

/** The resource and the collection whose membership changes with it; the root has none. */
export function withParent(path: ResourcePath): readonly ResourcePath[] {
  const parent = parentOf(path);
  return parent === undefined ? [path] : [path, parent];
}

/** Names with control characters are found and removed where they exist, but never made. */
export function requireCreatableName(path: ResourcePath): void {
  if (/[\u0000-\u001f\u007f]/.test(path)) {
    throw new DavError(400, "a new name must not have control characters in it");
  }
}
