/** PROPPATCH as a change: its content is received first, then locks and conditions are judged (RFC 4918 §9.2). */
import { DavError } from "@meanwhile/dav";
import { parsePropertyUpdate } from "@meanwhile/dav/xml";
import { requireTokens } from "../locks/locking.ts";
import { TreeError } from "../store.ts";
import { type ChangeMethod, judge, requireWrite, withClaims } from "./change.ts";
import { isToleratedWhileLocked, proppatch } from "./proppatch.ts";

/**
 * Sets and removes properties, all or none: 207, or 204 where the client prefers a minimal answer.
 *
 * @throws {DavError} 400 for a body that is none, 403, 412 and 423
 * @throws {TreeError} `not-found`, and where the properties could not be stored
 */
export const changeProperties: ChangeMethod = async (request, context) => {
  requireWrite(context, request, [request.path]);
  const text = await request.content.text(context.limits.xmlBytes);
  const received = { ...request, content: { ...request.content, text: () => Promise.resolve(text) } };
  return (work) =>
    withClaims(context, [{ path: request.path, scope: "member", mode: "exclusive" }], work, async () => {
      const { resource, by } = await judge(request, context);
      if (!resource) throw new TreeError("not-found");
      try {
        await requireTokens(context.locks, [request.path], by);
      } catch (error) {
        // Office sets its file times without the token of the lock that it holds itself: docs/decisions/0012.
        const locks = await context.locks.covering(request.path);
        const own = locks.every(({ principal }) => principal === request.principal);
        if (!(error instanceof DavError) || !own || !isToleratedWhileLocked(parsePropertyUpdate(text)))
          throw error;
      }
      return proppatch(received, context);
    });
};
