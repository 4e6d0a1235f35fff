/** PROPFIND (RFC 4918 §9.1). */
import { DavError, encodePath, nameOf, parsePath, type ResourcePath } from "@meanwhile/dav";
import { parsePropfind } from "@meanwhile/dav/xml";
import type { ServerContext } from "../context.ts";
import { type Answer, type AnswerFields, xml } from "../http/answer.ts";
import { minimalPreference } from "../http/minimal-preference.ts";
import { type OpenLevel, openLevel } from "../listing/member-walk.ts";
import { shownMembers } from "../listing/shown-members.ts";
import { noLocks, viewLocks } from "../locks/locks-in-view.ts";
import { principalHref } from "../properties/principal-href.ts";
import { planReport } from "../properties/property-report.ts";
import { streamProperties } from "../properties/property-stream.ts";
import type { DavRequest, ToHref } from "../request/dav-request.ts";
import type { RequestFields } from "../request/request-fields.ts";
import type { TreeError } from "../store.ts";

/**
 * Answers a PROPFIND with a multistatus: of one resource at once, of a collection with its members as a stream.
 *
 * @throws {DavError} 404; 400 for a body that is none; 403 propfind-finite-depth, where the limits forbid
 *   Depth: infinity
 * @throws {TreeError} where the resource, or the members of the requested collection, cannot be read
 */
export async function propfind(request: DavRequest, context: ServerContext): Promise<Answer> {
  const { depth, noRoot: isNoRoot } = depthOf(request, context);
  const { depthNoroot } = request.fields.preferences;
  const asked = parsePropfind(await request.content.text(context.limits.xmlBytes));
  const resource = await context.tree.lookup(request.path);
  if (resource === undefined) throw new DavError(404, "there is no such file or folder");
  const collection = resource.kind === "collection";
  const toHref: ToHref = (path, isCollection) => request.prefix + encodePath(path, isCollection);
  const minimal = minimalPreference(request);
  const noRoot = (depthNoroot || isNoRoot) && depth !== "0";
  const report = planReport(asked, { minimal: minimal.applies });
  const wantsMembers = collection && depth !== "0";
  const locks = report.needsLocks
    ? await viewLocks(context.locks, { path: request.path, collection, members: wantsMembers }, toHref)
    : noLocks;
  // Opened before the head is sent: the error of the requested collection is the answer's status. Told inside a 207, it
  // would be taken for an empty collection.
  const members = wantsMembers
    ? await openLevel(context.tree, request.path, {
        properties: report.needsDeadProperties,
        signal: request.exchange.closed,
      })
    : undefined;
  let failure: TreeError | undefined;
  const body = streamProperties(context, {
    report,
    root: {
      path: request.path,
      href: toHref(request.path, collection),
      name: shownName(request.path, request.prefix),
      resource,
    },
    members,
    deep: depth === "infinity",
    withRoot: !noRoot,
    locks,
    shown: shownMembers(context, request),
    principal: request.principal,
    principalHref: principalHref(request, context.principals),
    closed: request.exchange.closed,
    failed: (error) => {
      failure ??= error;
    },
  });
  const fields = {
    Vary: minimal.vary,
    ...appliedField([...minimal.applied, ...(noRoot && depthNoroot ? ["depth-noroot"] : [])]),
  };
  if (members === undefined) return xml(207, await gathered(body), fields);
  return { ...streamed(body, members, fields), failure: () => failure };
}

/** @throws {DavError} 400; 403 where infinity is not served */
function depthOf(
  { fields }: DavRequest,
  { limits }: ServerContext,
): ReturnType<RequestFields["propfindDepth"]> {
  const asked = fields.propfindDepth();
  if (asked.depth === "infinity" && !limits.infinitePropfind) {
    throw new DavError(403, "this server lists one level at a time", {
      condition: { code: "propfind-finite-depth" },
    });
  }
  return asked;
}

/** The last name of the resource's URL; the root of a tree that is mounted at no path has none, and is shown as "/". */
function shownName(path: ResourcePath, prefix: string): string {
  return nameOf(path) || nameOf(parsePath(`${prefix}/`)) || "/";
}

function appliedField(preferences: readonly string[]): AnswerFields {
  return preferences.length === 0 ? {} : { "Preference-Applied": preferences.join(", ") };
}

function streamed(
  body: AsyncGenerator<string, void, void>,
  members: OpenLevel,
  fields: AnswerFields,
): Answer {
  return {
    status: 207,
    fields: { "Content-Type": "application/xml; charset=utf-8", ...fields },
    body: {
      kind: "stream",
      length: undefined,
      open: () => body,
      close: () => {
        // Also ends a walk that was broken off; what it then throws concerns nobody.
        body.return().catch(() => undefined);
        // A body that was never begun has nothing to end, and has not closed them.
        members.close().catch(() => undefined);
      },
    },
  };
}

async function gathered(body: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const chunk of body) text += chunk;
  return text;
}
