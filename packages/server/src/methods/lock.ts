/** LOCK: a new lock, or a refresh where there is no content (RFC 4918 §9.10). */
import { badRequest, codedUrl, DavError, encodePath, type Lock, type LockDepth } from "@meanwhile/dav";
import {
  activeLock,
  type LockInfo,
  lockDocument,
  multistatus,
  parseLockInfo,
  statusResponse,
} from "@meanwhile/dav/xml";
import type { Work } from "@meanwhile/operations";
import type { ServerContext } from "../context.ts";
import { type Answer, xml } from "../http/answer.ts";
import { toldPaths } from "../listing/told-paths.ts";
import { lockRootHref } from "../locks/lock-root-href.ts";
import { requireTokens } from "../locks/locking.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { TreeError } from "../store.ts";
import {
  type ChangeMethod,
  type Judgement,
  judge,
  requireCreatableName,
  requireWrite,
  withClaims,
  withParent,
} from "./change.ts";

/** What is granted to a client that wishes nothing. */
const defaultSeconds = 3600;

/**
 * Locks a resource, or creates an empty one that is locked (RFC 4918 §9.10.4): 200 or 201 with the lock; without content it
 * refreshes the lock whose token was submitted. Seconds are as `Timeout` wishes, 3600 by default, at most the server's limit.
 *
 * @throws {DavError} 400 for malformed fields or content, 403, 409 for a folder that is
 * not there, 412, 423 where another lock is in the way, 507 where there are too many
 */
export const lock: ChangeMethod = async (request, context) => {
  requireWrite(context, request, [request.path]);
  const text = await request.content.text(context.limits.xmlBytes);
  const wish = request.fields.timeoutSeconds ?? defaultSeconds;
  const seconds = Math.max(1, Math.min(wish, context.limits.lockSeconds));
  const info = text === "" ? undefined : parseLockInfo(text);
  const depth = request.fields.depth({
    absent: "infinity",
    allowed: ["0", "infinity"],
  });
  return (work) =>
    withClaims(
      context,
      [{ path: request.path, scope: info && depth === "infinity" ? "tree" : "member", mode: "exclusive" }],
      work,
      async () => {
        const judgement = await judge(request, context);
        return info
          ? create(request, context, judgement, info, depth, seconds, work)
          : refresh(request, context, judgement, seconds);
      },
    );
};

async function create(
  request: DavRequest,
  context: ServerContext,
  { resource, by }: Judgement,
  info: LockInfo,
  depth: LockDepth,
  timeoutSeconds: number,
  work: Work,
): Promise<Answer> {
  const { path, principal, trailingSlash } = request;
  if (!resource) {
    // What a LOCK creates is no collection, and no URL of another resource ends in a slash (RFC 4918 §5.2, §7.3).
    if (trailingSlash)
      throw new DavError(409, "LOCK makes no folder: leave out the slash at the end of the URL");
    requireCreatableName(path);
    requireWrite(context, request, withParent(path));
    await requireTokens(context.locks, withParent(path).slice(1), by);
  }
  const result = await context.locks.create({ root: path, depth, principal, timeoutSeconds, ...info });
  if (result.kind === "exhausted") throw new DavError(507, "there are too many locks");
  if (result.kind === "conflict") return conflict(request, context, result.locks);
  let created = resource === undefined;
  if (created) {
    // "A successful lock request to an unmapped URL MUST result in the creation of a locked (non-collection) resource
    // with empty content" (§9.10.4).
    try {
      const draft = await context.tree.draft(path, { length: 0 });
      try {
        await draft.commit({ modifiedMs: undefined, over: "nothing" });
      } finally {
        await draft.discard();
      }
    } catch (error) {
      if (!(error instanceof TreeError && error.code === "exists")) {
        await context.locks.remove(result.lock.token);
        throw error;
      }
      // Another program made the document since: it is locked as it is.
      created = false;
    }
  }
  work.progress(1, 1);
  // "The Lock-Token response header MUST be returned with a successful LOCK that creates a new lock" (§9.10.1).
  return discovery(request, context, created ? 201 : 200, [result.lock], {
    "Lock-Token": codedUrl(result.lock.token),
  });
}

async function refresh(
  request: DavRequest,
  context: ServerContext,
  { ifHeader, by, resource }: Judgement,
  seconds: number,
): Promise<Answer> {
  // RFC 4918 §9.10.2 wants the token in If; some clients send it as UNLOCK wants it, which can mean nothing else.
  const tokens = ifHeader ? by.tokens : lockTokenOf(request);
  if (!resource) throw new DavError(412, "there is no lock to refresh");
  const covering = await context.locks.covering(request.path);
  const named = covering.filter(({ token }) => tokens.has(token));
  // "412: the lock token did not identify a lock, or one whose scope does not include the Request-URI" (§9.10.6, §9.10.2).
  if (named.length === 0) throw new DavError(412, "the token names no lock on it");
  if (named.some(({ principal }) => principal !== request.principal)) {
    throw new DavError(403, "only its creator may refresh a lock");
  }
  const refreshed: Lock[] = [];
  for (const { token } of named) {
    const lock = await context.locks.refresh(token, seconds);
    if (lock) refreshed.push(lock);
  }
  return discovery(request, context, 200, refreshed, {});
}

function lockTokenOf({ fields }: DavRequest): ReadonlySet<string> {
  if (!fields.hasLockToken)
    throw badRequest("LOCK needs content, or an If header with the token of the lock to refresh");
  return new Set([fields.lockToken]);
}

async function discovery(
  { prefix }: DavRequest,
  { tree, locks: store }: ServerContext,
  status: number,
  locks: readonly Lock[],
  fields: Record<string, string>,
): Promise<Answer> {
  const active: string[] = [];
  const nowMs = await store.now();
  for (const lock of locks) active.push(activeLock(lock, await lockRootHref(tree, prefix, lock.root), nowMs));
  return xml(status, lockDocument(active), fields);
}

/**
 * 423 where the resource itself is locked; 207 where only members are, for which it is a failed dependency (§9.10.9).
 * Members that the asker may not read are not named.
 */
async function conflict(
  { path, prefix, principal }: DavRequest,
  context: ServerContext,
  locks: readonly Lock[],
): Promise<Answer> {
  const told = toldPaths(context, principal, [path]);
  const roots = new Set(locks.map(({ root }) => told(root)));
  const below = [...roots].filter((root) => root.length > path.length);
  if (below.length === 0 || locks.some(({ root }) => root.length <= path.length)) {
    const hrefs = await Promise.all([...roots].map((root) => lockRootHref(context.tree, prefix, root)));
    throw new DavError(423, "it is locked already", {
      condition: { code: "no-conflicting-lock", lockRoots: hrefs },
    });
  }
  const hrefs = await Promise.all(below.map((root) => lockRootHref(context.tree, prefix, root)));
  return xml(
    207,
    multistatus([
      ...hrefs.map((root) =>
        statusResponse(root, 423, { condition: { code: "no-conflicting-lock", lockRoots: [root] } }),
      ),
      statusResponse(prefix + encodePath(path, true), 424),
    ]),
  );
}
