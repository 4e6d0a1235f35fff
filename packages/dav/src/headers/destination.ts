/** The `Destination` header (RFC 4918 §10.3). */
import { badRequest, DavError } from "../error.ts";
import { hasTrailingSlash, isWithin, parsePath, type ResourcePath, rebase, rootPath } from "../path.ts";

/** RFC 4918 §10.3, as a path of the tree. */
export interface Destination {
  readonly path: ResourcePath;
  /** Whether the URL ended in a slash (RFC 4918 §5.2). */
  readonly trailingSlash: boolean;
}

/** Where a tree is, as its clients see it. */
export interface DestinationBase {
  /** Scheme, host and port without a trailing slash: "https://files.example". */
  readonly origin: string;
  /** The path that the tree is mounted at, percent-encoded, without a trailing slash: "" or "/dav". */
  readonly prefix: string;
}

/**
 * Parses the `Destination` header, an absolute URI or a path that begins with a slash (RFC 4918 §8.3, §10.3).
 * It is read as it stands: dot segments are refused, never resolved.
 *
 * @throws {DavError} 400 if it is absent or malformed, or has a query, a fragment or user information;
 *   502 if it names another scheme, host or port (§9.8.5, §9.9.4); 403 if it lies outside the tree
 */
export function parseDestination(value: string | undefined, base: DestinationBase): Destination {
  if (value === undefined) throw badRequest("the request must have a Destination");
  // Node joins two of them so.
  if (value.includes(", ")) throw badRequest("Destination must be one URL, percent-encoded");
  // Node gives a field's bytes as ISO-8859-1: UTF-8 and spaces that were not percent-encoded have no other reading.
  const reference = value
    .trim()
    .replace(/[\x20\x80-\xFF]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
  if (!visibleAscii.test(reference)) {
    throw badRequest("Destination must be a URL, percent-encoded");
  }
  if (reference.includes("#")) throw badRequest("Destination must not have a fragment");
  if (reference.includes("?")) throw badRequest("Destination must not have a query");
  const encoded = reference.startsWith("/")
    ? pathAbsolute(reference)
    : pathOfAbsolute(reference, base.origin);
  const path = parsePath(encoded);
  const mount = base.prefix === "" ? rootPath : parsePath(base.prefix);
  if (!isWithin(path, mount)) throw new DavError(403, "the Destination lies outside of what is served here");
  return { path: rebase(path, mount, rootPath), trailingSlash: hasTrailingSlash(encoded) };
}

function pathAbsolute(reference: string): string {
  if (reference.startsWith("//")) throw badRequest("Destination must not begin with two slashes");
  return reference;
}

function pathOfAbsolute(reference: string, origin: string): string {
  const colon = reference.indexOf("://");
  if (colon < 1) throw badRequest("Destination must be an absolute URL, or begin with a slash");
  const slash = reference.indexOf("/", colon + 3);
  const end = slash === -1 ? reference.length : slash;
  if (canonicalOrigin(reference.slice(0, end)) !== canonicalOrigin(origin)) {
    throw new DavError(502, "the Destination is on another server");
  }
  return slash === -1 ? "/" : reference.slice(slash);
}

/** An origin in the one spelling that can be compared: lower case, its port always there where it is known. */
function canonicalOrigin(origin: string): string {
  const [, scheme, host, port] = originParts.exec(origin) ?? [];
  if (scheme === undefined || host === undefined)
    throw badRequest("the server's name in Destination is malformed");
  const name = scheme.toLowerCase();
  const number = port === undefined || port === "" ? defaultPorts.get(name) : Number(port);
  return `${name}://${host.toLowerCase()}:${number ?? ""}`;
}

const visibleAscii = /^[\x21-\x7E]+$/;
/** User information has no place in it: a host has no "@". */
const originParts =
  /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]+)(?::([0-9]{0,5}))?$/;
const defaultPorts: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
]);
