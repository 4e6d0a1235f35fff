/** PROPPATCH (RFC 4918 §9.2). */
import {
  clarkName,
  DavError,
  type DeadProperty,
  encodePath,
  type PropertyChange,
  type PropertyName,
} from "@meanwhile/dav";
import {
  multistatus,
  type Propstat,
  parsePropertyUpdate,
  propertyElement,
  propertyResponse,
} from "@meanwhile/dav/xml";
import type { ServerContext } from "../context.ts";
import { type Answer, empty, xml } from "../http/answer.ts";
import { minimalPreference } from "../http/minimal-preference.ts";
import { requireTokens } from "../locks/locking.ts";
import { liveProperty } from "../properties/live-properties.ts";
import { tooLarge } from "../properties/property-limits.ts";
import { isLastModified, nameOfChange, requestedModifiedMs } from "../properties/requested-time.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { TreeError } from "../store.ts";
import { type ChangeMethod, judge, requireWrite, withClaims } from "./change.ts";

/**
 * Sets and removes properties, all or none: 207, or 204 where the client prefers a minimal answer. Its content is received first,
 * then locks and conditions are judged.
 *
 * "Servers MUST process PROPPATCH instructions in document order ... Instructions MUST either all be executed or
 * none executed."
 *
 * @throws {DavError} 400 for a body that is none, 403, 412 and 423
 * @throws {TreeError} `not-found`, and where the properties could not be stored
 */
export const changeProperties: ChangeMethod = async (request, context) => {
  requireWrite(context, request, [request.path]);
  const text = await request.content.text(context.limits.xmlBytes);
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
      return applyPropertyChanges(request, context, parsePropertyUpdate(text));
    });
};

/**
 * Sets and removes properties, all or none.
 *
 * @throws {DavError} 404
 * @throws {TreeError} where the properties could not be stored: nothing was changed
 */
export async function applyPropertyChanges(
  request: DavRequest,
  context: ServerContext,
  changes: readonly PropertyChange[],
): Promise<Answer> {
  const { path, prefix } = request;
  const resource = await context.tree.lookup(path);
  if (resource === undefined) throw new DavError(404, "there is no such file or folder");
  const minimal = minimalPreference(request);
  const fields = { Vary: minimal.vary };
  const respond = (propstats: readonly Propstat[]): string =>
    multistatus([propertyResponse(prefix + encodePath(path, resource.kind === "collection"), propstats)]);
  const refusal = refusePropertyChanges(await context.tree.properties(path), changes);
  if (refusal !== undefined) return xml(207, respond(refusal), fields);
  const refusedTime = await touch(request, context, changes);
  if (refusedTime !== undefined) return xml(207, respond(refusedTime), fields);
  await context.tree.patchProperties(
    path,
    changes.filter((change) => !isLastModified(change)),
  );
  if (minimal.applies) {
    // "The server SHOULD return one of the following responses rather than a 207" (RFC 8144 §2.2).
    const applied = minimal.applied.length === 0 ? {} : { "Preference-Applied": minimal.applied.join(", ") };
    return empty(204, { ...fields, ...applied });
  }
  return xml(207, respond([{ status: 200, properties: elementsOf(changes) }]), fields);
}

/**
 * Why changes cannot be made: the propstats that say so, 424 for those that fail with the others (RFC 4918 §9.2.1).
 *
 * @param present the dead properties that the resource has
 * @returns undefined where all can be made
 */
export function refusePropertyChanges(
  present: readonly DeadProperty[],
  changes: readonly PropertyChange[],
): readonly Propstat[] | undefined {
  const large = tooLarge(present, changes);
  const isProtected = (name: PropertyName): boolean => liveProperty(name)?.isProtected === true;
  const protectedChanges = changes.filter((change) => isProtected(nameOfChange(change)));
  const largeChanges = changes.filter((change) => !isProtected(nameOfChange(change)) && isLarge(change));
  const timeless = changes.filter(isNoTime);
  if (protectedChanges.length + largeChanges.length + timeless.length === 0) return undefined;
  const others = changes.filter(
    (change) => !isProtected(nameOfChange(change)) && !isLarge(change) && !isNoTime(change),
  );
  return [
    { status: 403, properties: elementsOf(timeless) },
    {
      status: 403,
      properties: elementsOf(protectedChanges),
      condition: { code: "cannot-modify-protected-property" },
    },
    { status: 507, properties: elementsOf(largeChanges) },
    { status: 424, properties: elementsOf(others) },
  ];

  function isNoTime(change: PropertyChange): boolean {
    return (
      change.action === "set" && isLastModified(change) && requestedModifiedMs([change], 0) === undefined
    );
  }

  function isLarge(change: PropertyChange): boolean {
    return large.has(clarkName(nameOfChange(change)));
  }
}

/** The names that changes are about, each once and without its value. */
function elementsOf(changes: readonly PropertyChange[]): readonly string[] {
  const names = new Map(changes.map((change) => [clarkName(nameOfChange(change)), nameOfChange(change)]));
  return [...names.values()].map((name) => propertyElement(name));
}

/**
 * Sets the resource's time, before anything else is changed: Windows and rclone do it by a property, and then expect to
 * see it.
 *
 * @returns the propstats that say so where it was promised and could not be done
 */
async function touch(
  request: DavRequest,
  context: ServerContext,
  changes: readonly PropertyChange[],
): Promise<readonly Propstat[] | undefined> {
  const modifiedMs = requestedModifiedMs(changes, context.now());
  if (modifiedMs === undefined) return undefined;
  try {
    await context.tree.touch(request.path, modifiedMs);
    return undefined;
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    // Windows' property is stored all the same, which is all that was promised.
    if (!changes.some(isLastModified)) return undefined;
    return [
      { status: 403, properties: elementsOf(changes.filter(isLastModified)) },
      { status: 424, properties: elementsOf(changes.filter((change) => !isLastModified(change))) },
    ];
  }
}

/** What Windows sets on each document that it writes: times and attributes in a namespace of its own. */
const win32Namespace = "urn:schemas-microsoft-com:";

/**
 * Whether a PROPPATCH may pass without the token of a lock that its own principal holds: it only sets or removes
 * Windows' own properties, as Office does.
 */
export function isToleratedWhileLocked(changes: readonly PropertyChange[]): boolean {
  return changes.length > 0 && changes.every((change) => nameOfChange(change).namespace === win32Namespace);
}
