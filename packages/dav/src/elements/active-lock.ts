/** Locks as the properties of a resource show them (RFC 4918 §14.1, §15.8, §15.10). */
import type { Href } from "../error.ts";
import { formatTimeout } from "../headers/timeout.ts";
import { escapeText, xmlDeclaration } from "../xml/xml-text.ts";
import type { Lock } from "./lock.ts";

/**
 * A `DAV:activelock` (RFC 4918 §14.1). The timeout is what remains at `nowMs`, in seconds, rounded up.
 * It needs the prefix `D`, as our documents bind it on their root.
 */
export function activeLock(lock: Lock, lockRootHref: Href, nowMs: number): string {
  return (
    "<D:activelock><D:locktype><D:write/></D:locktype>" +
    `<D:lockscope><D:${lock.scope}/></D:lockscope><D:depth>${lock.depth}</D:depth>${lock.owner ?? ""}` +
    `<D:timeout>${formatTimeout((lock.expiresAtMs - nowMs) / 1000)}</D:timeout>` +
    `<D:locktoken><D:href>${escapeText(lock.token)}</D:href></D:locktoken>` +
    `<D:lockroot><D:href>${escapeText(lockRootHref)}</D:href></D:lockroot></D:activelock>`
  );
}

/** The whole `DAV:lockdiscovery` element, ready for a `DAV:prop` (RFC 4918 §15.8). */
export function lockDiscovery(activeLocks: readonly string[]): string {
  return activeLocks.length === 0
    ? "<D:lockdiscovery/>"
    : `<D:lockdiscovery>${activeLocks.join("")}</D:lockdiscovery>`;
}

/** The document that answers a LOCK: a `DAV:prop` with the `DAV:lockdiscovery` (RFC 4918 §9.10.1, §9.10.2). */
export function lockDocument(activeLocks: readonly string[]): string {
  return `${xmlDeclaration}<D:prop xmlns:D="DAV:">${lockDiscovery(activeLocks)}</D:prop>`;
}

/** The whole `DAV:supportedlock` element: exclusive and shared write locks (RFC 4918 §15.10). */
export const supportedLock: string = `<D:supportedlock>${lockEntry("exclusive")}${lockEntry("shared")}</D:supportedlock>`;

function lockEntry(scope: string): string {
  return (
    `<D:lockentry><D:lockscope><D:${scope}/></D:lockscope>` +
    "<D:locktype><D:write/></D:locktype></D:lockentry>"
  );
}
