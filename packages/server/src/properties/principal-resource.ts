/** The resource that `DAV:current-user-principal` names, for clients that look at it (RFC 5397 §3, RFC 3744 §4). */
import { clarkName, type PropertyName, type ResourcePath } from "@meanwhile/dav";
import {
  escapeText,
  multistatus,
  type Propstat,
  parsePropfind,
  propertyElement,
  propertyResponse,
} from "@meanwhile/dav/xml";
import type { ServerContext } from "../context.ts";
import { type Answer, xml } from "../http/answer.ts";
import type { DavRequest } from "../request/dav-request.ts";
import { principalHref, principalPath } from "./principal-href.ts";

/** Whether a request asks for the properties of its own principal. Nobody sees that of another. */
export function asksForOwnPrincipal(request: DavRequest, principals: ResourcePath): boolean {
  const { method, principal, path } = request;
  return method === "PROPFIND" && principal !== undefined && path === principalPath(principals, principal);
}

/**
 * Answers a PROPFIND of one's own principal: what it is, its name and its URL.
 *
 * @throws {DavError} 400 for a body or a Depth that is none
 */
export async function principalProperties(
  request: DavRequest,
  { principals, limits }: Pick<ServerContext, "principals" | "limits">,
): Promise<Answer> {
  const { fields, content, principal = "" } = request;
  fields.depth({ absent: "infinity", allowed: ["0", "1", "infinity"] });
  const asked = parsePropfind(await content.text(limits.xmlBytes));
  const href = principalHref(request, principals) ?? "/";
  const url = `<D:href>${escapeText(href)}</D:href>`;
  const known = new Map(
    [
      { local: "resourcetype", value: "<D:principal/>" },
      { local: "displayname", value: escapeText(principal) },
      { local: "principal-URL", value: url },
      { local: "current-user-principal", value: url },
    ].map(({ local, value }) => {
      const name: PropertyName = { namespace: "DAV:", local };
      return [clarkName(name), { name, element: propertyElement(name, value) }] as const;
    }),
  );
  return xml(207, multistatus([propertyResponse(href, propstats())]));

  function propstats(): readonly Propstat[] {
    const all = [...known.values()];
    if (asked.kind === "propname")
      return [{ status: 200, properties: all.map(({ name }) => propertyElement(name)) }];
    if (asked.kind === "allprop") return [{ status: 200, properties: all.map(({ element }) => element) }];
    const found = asked.names.map((name) => ({ name, property: known.get(clarkName(name)) }));
    return [
      { status: 200, properties: found.flatMap(({ property }) => (property ? [property.element] : [])) },
      {
        status: 404,
        properties: found.flatMap(({ name, property }) => (property ? [] : [propertyElement(name)])),
      },
    ];
  }
}
