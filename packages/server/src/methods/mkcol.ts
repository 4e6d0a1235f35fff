/** MKCOL (RFC 4918 §9.3), with properties in its content (RFC 5689). */
import { DavError, type DeadProperty, type PropertyChange } from "@meanwhile/dav";
import { mkcolResponse, parseExtendedMkcol } from "@meanwhile/dav/xml";
import type { ServerContext } from "../context.ts";
import { empty, xml } from "../http/answer.ts";
import { requireTokens } from "../locks/locking.ts";
import { isLastModified, requestedModifiedMs } from "../properties/requested-time.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { TreeError } from "../store.ts";
import {
  type ChangeMethod,
  judge,
  requireCreatableName,
  requireWrite,
  withClaims,
  withParent,
} from "./change.ts";
import { refusePropertyChanges } from "./proppatch.ts";

/**
 * Makes a collection: 201.
 *
 * @throws {DavError} 400 and 415 for content that is not an extended MKCOL, 403, 412 and 423
 * @throws {TreeError} `exists` and `parent-missing`, and where the tree could not do it
 */
export const mkcol: ChangeMethod = async (request, context) => {
  requireWrite(context, request, withParent(request.path));
  const changes = await requestedChanges(request, context);
  return (work) =>
    withClaims(context, [{ path: request.path, scope: "tree", mode: "exclusive" }], work, async () => {
      const { resource, by } = await judge(request, context);
      // "405: MKCOL can only be executed on an unmapped URL" (§9.3.1).
      if (resource) throw new TreeError("exists");
      requireCreatableName(request.path);
      await requireTokens(context.locks, withParent(request.path), by);
      // "Failure to set a property value on the collection MUST result in a failure of the overall MKCOL request" (RFC 5689 §3).
      const refusal = refusePropertyChanges([], changes)?.filter(({ properties }) => properties.length > 0);
      if (refusal) return xml(refusal[0]?.status ?? 403, mkcolResponse(refusal));
      const modifiedMs = requestedModifiedMs(changes, context.now());
      const stored = changes.filter((change) => !isLastModified(change));
      await context.tree.createCollection(request.path, stored.flatMap(propertySet));
      if (modifiedMs !== undefined) await context.tree.touch(request.path, modifiedMs);
      return empty(201);
    });
};

async function requestedChanges(
  { fields, content }: DavRequest,
  { limits }: ServerContext,
): Promise<readonly PropertyChange[]> {
  if (content.length === 0) return [];
  const text = await content.text(limits.xmlBytes);
  if (text === "") return [];
  // "415: the server does not support the content type of the content" (§9.3.1).
  if (!/^(application|text)\/xml\b/i.test(fields.mediaType ?? "")) {
    throw new DavError(415, "MKCOL takes no content but XML (RFC 5689)");
  }
  const { resourceTypes, changes } = parseExtendedMkcol(text);
  const plain =
    resourceTypes?.every(({ namespace, local }) => namespace === "DAV:" && local === "collection") ?? true;
  if (!plain) {
    throw new DavError(403, "folders of this type cannot be made", {
      condition: { code: "valid-resourcetype" },
    });
  }
  return changes;
}

function propertySet(change: PropertyChange): readonly DeadProperty[] {
  return change.action === "set" ? [change.property] : [];
}
