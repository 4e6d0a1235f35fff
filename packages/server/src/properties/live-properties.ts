/** The properties that the server itself knows the values of (RFC 4918 §15, RFC 4331, RFC 5397, RFC 3744). */
import type { PropertyName } from "@meanwhile/dav";
import { escapeText, lockDiscovery, supportedLock } from "@meanwhile/dav/xml";
import type { Action } from "../access.ts";
import { lastModifiedMs } from "../conditions/last-modified.ts";
import { contentTypeOf } from "../content/content-type.ts";
import { formatHttpDate, formatRfc3339 } from "../http/http-date.ts";
import type { Quota, Resource } from "../store.ts";

/** What live properties are computed from. */
export interface PropertySubject {
  /** The resource's last name; for the root, the one to show to people. */
  readonly name: string;
  readonly resource: Resource;
  /** `DAV:activelock` elements; empty where nobody asked for locks. */
  readonly activeLocks: readonly string[];
  /** undefined where nobody asked for it, too. */
  readonly quota: Quota | undefined;
  /** The href of the requester's principal; undefined for an anonymous one. */
  readonly principalHref: string | undefined;
  /** Whether the requester may do that with the resource. */
  may(action: Action): boolean;
  readonly nowMs: number;
}

export interface LiveProperty {
  readonly name: PropertyName;
  /** Whether allprop has it: those of RFC 4918 only (§14.2). */
  readonly inAllprop: boolean;
  /** Whether PROPPATCH is refused; else a value that a client sets is stored, and shown in place of ours. */
  readonly isProtected: boolean;
  /** What has to be known of the resource beforehand. */
  readonly needs: "nothing" | "locks" | "quota";
  /** The whole element; undefined where the resource does not have the property. */
  element(subject: PropertySubject): string | undefined;
}

/** The media type of what GET answers for a collection. */
export const listingContentType = "text/html; charset=utf-8";

/** "Aggregate privileges and their contained privileges are listed" (§5.4, §3.12). */
const writing = privileges("write", "write-properties", "write-content", "bind", "unbind", "unlock");

const liveProperties: readonly LiveProperty[] = [
  live("creationdate", ({ resource }) =>
    resource.createdMs === undefined ? undefined : formatRfc3339(resource.createdMs),
  ),
  // "SHOULD NOT be protected" (RFC 4918 §15.2): a name until a client sets another.
  live("displayname", ({ name }) => escapeText(name), { isProtected: false }),
  // "SHOULD NOT be protected, so that clients can reset the language" (§15.3); we know none ourselves.
  live("getcontentlanguage", () => undefined, { isProtected: false }),
  live("getcontentlength", ({ resource }) =>
    resource.kind === "document" ? String(resource.length) : undefined,
  ),
  // "MUST be defined on any DAV-compliant resource that returns the Content-Type header in response to a GET" (§15.5).
  live("getcontenttype", ({ name, resource }) =>
    resource.kind === "document" ? escapeText(contentTypeOf(name)) : listingContentType,
  ),
  live("getetag", ({ resource }) => (resource.kind === "document" ? escapeText(resource.etag) : undefined)),
  live("getlastmodified", ({ resource, nowMs }) => formatHttpDate(lastModifiedMs(resource, nowMs))),
  // Not of RFC 4918, but what some vendors' servers have, and rclone sets: see requested-time.ts.
  live("lastmodified", ({ resource, nowMs }) => String(Math.floor(lastModifiedMs(resource, nowMs) / 1000)), {
    inAllprop: false,
    isProtected: false,
  }),
  {
    ...live("lockdiscovery", () => undefined, { needs: "locks" }),
    element: ({ activeLocks }) => lockDiscovery(activeLocks),
  },
  live("resourcetype", ({ resource }) => (resource.kind === "collection" ? "<D:collection/>" : "")),
  { ...live("supportedlock", () => undefined), element: () => supportedLock },
  // "A DAV:allprop PROPFIND request SHOULD NOT return" them (RFC 4331 §3, §4).
  live("quota-available-bytes", ({ quota }) => quota && String(quota.availableBytes), quotaProperty()),
  live("quota-used-bytes", ({ quota }) => quota && String(quota.usedBytes), quotaProperty()),
  // "SHOULD NOT be returned by a PROPFIND DAV:allprop request" (RFC 5397 §3).
  live(
    "current-user-principal",
    ({ principalHref }) =>
      principalHref === undefined ? "<D:unauthenticated/>" : `<D:href>${escapeText(principalHref)}</D:href>`,
    { inAllprop: false },
  ),
  // "A user-agent can use the value of this property to adjust its user interface" (RFC 3744 §5.4): what our rights know, and no ACLs.
  live(
    "current-user-privilege-set",
    ({ may }) => (may("read") ? privileges("read") : "") + (may("write") ? writing : ""),
    { inAllprop: false },
  ),
];

const byLocalName: ReadonlyMap<string, LiveProperty> = new Map(
  liveProperties.map((property) => [property.name.local, property]),
);

/** All of them, in the order that answers have them in. */
export function allLiveProperties(): readonly LiveProperty[] {
  return liveProperties;
}

/** The live property of this name. */
export function liveProperty(name: PropertyName): LiveProperty | undefined {
  return name.namespace === "DAV:" ? byLocalName.get(name.local) : undefined;
}

function privileges(...names: readonly string[]): string {
  return names.map((name) => `<D:privilege><D:${name}/></D:privilege>`).join("");
}

type LiveOptions = Partial<Pick<LiveProperty, "inAllprop" | "isProtected" | "needs">>;

function live(
  local: string,
  content: (subject: PropertySubject) => string | undefined,
  options: LiveOptions = {},
): LiveProperty {
  // `D` is bound on the root of every document of ours.
  const start = `<D:${local}>`;
  const end = `</D:${local}>`;
  return {
    name: { namespace: "DAV:", local },
    inAllprop: true,
    isProtected: true,
    needs: "nothing",
    ...options,
    element(subject) {
      const inner = content(subject);
      if (inner === undefined) return undefined;
      return inner === "" ? `<D:${local}/>` : start + inner + end;
    },
  };
}

function quotaProperty(): LiveOptions {
  return { inAllprop: false, needs: "quota" };
}
