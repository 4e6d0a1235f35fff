/** PUT (RFC 4918 §9.7, RFC 9110 §9.3.4): the old content stays until the new is there, whole and checked. */
import { badRequest, DavError } from "@meanwhile/dav";
import type { Claim, Release, Work } from "@meanwhile/operations";
import { askerOf } from "@meanwhile/operations/internal";
import { lastModifiedMs } from "../conditions/last-modified.ts";
import { contentChecks } from "../content/content-checks.ts";
import type { ServerContext } from "../context.ts";
import { type Answer, empty } from "../http/answer.ts";
import { formatHttpDate } from "../http/http-date.ts";
import { requireTokens } from "../locks/locking.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { requireNoCoding, takeContent } from "../request/request-content.ts";
import { digestedBytes } from "../serve/request-key.ts";
import type { Draft } from "../store.ts";
import {
  type ChangeMethod,
  type Judgement,
  judge,
  requireCreatableName,
  requireWrite,
  underCondition,
  waitUntilFree,
  withClaims,
  withParent,
} from "./change.ts";

/**
 * Writes the content of a document: 201 where there was none, 204 where it was replaced. Locks and conditions are judged
 * before the content is received, and again when it is there.
 *
 * @throws {DavError} 400 for content that is not what its fields promise, 403, 412, 413 and 423
 * @throws {TreeError} where the tree could not do it: the old content stays
 */
export const put: ChangeMethod = async (request, context) => {
  const { modifiedMs } = parsePut(request);
  const checks = contentChecks(request.fields);
  const { contentBytes } = context.limits;
  const length = request.content.length ?? request.fields.expectedLength;
  if (contentBytes !== undefined && length !== undefined && length > contentBytes)
    throw tooLarge(contentBytes);
  // Judged now so that a refused upload need not be sent, and again when it is there.
  await judgePut(request, context);

  if (isLargeUpload(request, length))
    await waitUntilFree(context, claimsOf(request), request.exchange.closed);
  const leave = takeUploadPlace(request, context);
  let draft: Draft;
  try {
    draft = await context.tree.draft(request.path, { length });
  } catch (error) {
    leave();
    throw error;
  }
  const discard = async (): Promise<void> => {
    leave();
    await draft.discard();
  };
  try {
    let received = 0;
    await takeContent(request.content, (piece) => {
      received += piece.length;
      if (contentBytes !== undefined && received > contentBytes) throw tooLarge(contentBytes);
      checks.update(piece);
      return draft.write(piece);
    });
    checks.finish();
  } catch (error) {
    await discard();
    throw error;
  }
  const ending = (work: Work): Promise<Answer> =>
    commitPut(request, context, { draft, modifiedMs }, work).finally(discard);
  return Object.assign(ending, { discard });
};

/** What a PUT says of itself, whichever way its content comes. @throws {DavError} 400, 405, 415 */
export function parsePut(request: DavRequest): { readonly modifiedMs: number | undefined } {
  // "An origin server SHOULD respond with a 400 (Bad Request) ... if it receives Content-Range on a PUT" (RFC 9110 §14.5).
  if (request.fields.hasContentRange) throw badRequest("PUT takes no Content-Range");
  requireNoCoding(request.fields);
  if (request.trailingSlash) throw new DavError(405, "the URL of a file must not end in a slash");
  return { modifiedMs: request.fields.modifiedMs };
}

/** New content that is whole, and what its document gets beside it. */
export interface WholeContent {
  readonly draft: Pick<Draft, "commit">;
  readonly modifiedMs: number | undefined;
}

/** Puts the content in place, if it may be: rights, conditions and locks are judged as they are now. */
export function commitPut(
  request: DavRequest,
  context: ServerContext,
  { draft, modifiedMs }: WholeContent,
  work: Work,
): Promise<Answer> {
  return withClaims(context, claimsOf(request), work, async () => {
    const { resource: judged, seen, conditional } = await judgePut(request, context);
    // Without a condition the last writer wins.
    const over = conditional ? { over: judged ? ({ seen } as const) : ("nothing" as const) } : {};
    const { created, resource } = await underCondition(conditional, async () =>
      draft.commit({ modifiedMs, ...over }),
    );
    return empty(created ? 201 : 204, {
      ETag: resource.etag,
      "Last-Modified": formatHttpDate(lastModifiedMs(resource, context.now())),
      ...(isTaken(modifiedMs, resource.modifiedMs) ? { "X-OC-Mtime": "accepted" } : {}),
    });
  });
}

function claimsOf({ path }: DavRequest): readonly Claim[] {
  return [{ path, scope: "tree", mode: "exclusive" }];
}

/**
 * Whether it is worth while to find out, before the content is sent, whether it could be put in place. Smaller uploads are
 * received in any case: one that is repeated is known by its content, and joins the first.
 */
function isLargeUpload({ fields }: DavRequest, length: number | undefined): boolean {
  return length === undefined ? fields.hasExpect : length > digestedBytes;
}

/** Whether the content may be put in place. @throws {DavError} 403, 405, 412, 423 and others */
export async function judgePut(request: DavRequest, context: ServerContext): Promise<Judgement> {
  requireWrite(context, request, [request.path]);
  const judgement = await judge(request, context);
  const { resource, by } = judgement;
  if (resource?.kind === "collection")
    throw new DavError(405, "a folder is there, which PUT does not replace (RFC 4918 §9.7.2)");
  if (!resource) requireCreatableName(request.path);
  const touched = resource ? [request.path] : withParent(request.path);
  requireWrite(context, request, touched);
  await requireTokens(context.locks, touched, by);
  return judgement;
}

/** Of a request that does not wait for its turn. */
const unwilling = AbortSignal.abort();

/** Each upload holds a file open: only so many are received at once, so that others still find one to open. */
export function takeUploadPlace({ principal, client }: DavRequest, { uploads }: ServerContext): Release {
  const place = uploads.enter(askerOf(principal, client), unwilling);
  if (!(place instanceof Promise)) return place;
  throw new DavError(503, "too many uploads at once", { fields: { "Retry-After": "5" } });
}

/** Whether the tree took the time, as exactly as it keeps times: some have two seconds only. */
function isTaken(asked: number | undefined, kept: number): boolean {
  return asked !== undefined && Math.abs(asked - kept) <= 2_000;
}

function tooLarge(limit: number): DavError {
  return new DavError(413, `the content is larger than ${limit} bytes`);
}
