/** UNLOCK (RFC 4918 §9.11). */
import { DavError } from "@meanwhile/dav";
import { empty } from "../http/answer.ts";
import { refuseContent } from "../request/request-content.ts";
import { TreeError } from "../store.ts";
import { type ChangeMethod, judge, requireWrite } from "./change.ts";

/**
 * Removes the lock that `Lock-Token` names: 204.
 *
 * @throws {DavError} 400 for a malformed token, 403 for a lock of somebody else, 409 where it does not cover the resource
 */
export const unlock: ChangeMethod = async (request, context) => {
  requireWrite(context, request, [request.path]);
  const token = request.fields.lockToken;
  await refuseContent(request.content);
  return async () => {
    const { resource } = await judge(request, context);
    const lock = (await context.locks.covering(request.path)).find((covering) => covering.token === token);
    if (!lock) {
      if (!resource) throw new TreeError("not-found");
      // "409: no lock, or the request was not made to a Request-URI within the scope of the lock" (§9.11.1).
      throw new DavError(409, "the token names no lock on it", {
        condition: { code: "lock-token-matches-request-uri" },
      });
    }
    if (lock.principal !== request.principal) throw new DavError(403, "only its creator may remove a lock");
    await context.locks.remove(token);
    return empty(204);
  };
};
