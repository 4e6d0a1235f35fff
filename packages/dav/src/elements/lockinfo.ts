/** The body of a LOCK (RFC 4918 §9.10.1, §14.11). */
import { badRequest, DavError } from "../error.ts";
import { childrenNamed, davName, isNamed, parseXml, type XmlElement } from "../xml/xml-reader.ts";
import type { LockScope } from "./lock.ts";
import { remembered } from "./remembered.ts";

/** What a LOCK asks for (RFC 4918 §14.11). */
export interface LockInfo {
  readonly scope: LockScope;
  /** The `DAV:owner` element, verbatim and self-contained XML (§14.17). */
  readonly owner: string | undefined;
}

/** How long a `DAV:owner` may be, in UTF-16 code units; every lock discovery repeats it. More gets 413. */
export const ownerLimit: number = 8192;

/**
 * Parses the body of a LOCK that creates a lock.
 *
 * @throws {DavError} 400 if it is not XML or not a `DAV:lockinfo` with a scope and a type; 422 if the scope is neither
 *   exclusive nor shared, or the type is not write
 */
export const parseLockInfo: (text: string) => LockInfo = remembered(parse);

function parse(text: string): LockInfo {
  const root = parseXml(text);
  if (!isNamed(root, davName("lockinfo"))) throw badRequest("the body of a LOCK must be a DAV:lockinfo");
  const scope = onlyChild(root, "lockscope");
  const type = onlyChild(root, "locktype");
  if (!type.children.some((child) => isNamed(child, davName("write")))) {
    throw new DavError(422, "the only DAV:locktype is DAV:write");
  }
  const [owner, ...others] = childrenNamed(root, davName("owner"));
  if (others.length > 0) throw badRequest("a DAV:lockinfo must not have more than one DAV:owner");
  const xml = owner?.xml;
  if (xml !== undefined && xml.length > ownerLimit) throw new DavError(413, "the DAV:owner is too long");
  return { scope: scopeOf(scope), owner: xml };
}

function scopeOf(element: XmlElement): LockScope {
  const scopes = scopeNames.filter((scope) => childrenNamed(element, davName(scope)).length > 0);
  const [scope, ...others] = scopes;
  if (scope === undefined || others.length > 0) {
    throw new DavError(422, "a DAV:lockscope must be DAV:exclusive or DAV:shared");
  }
  return scope;
}

const scopeNames: readonly LockScope[] = ["exclusive", "shared"];

function onlyChild(element: XmlElement, local: string): XmlElement {
  const [child, ...others] = childrenNamed(element, davName(local));
  if (child === undefined || others.length > 0) {
    throw badRequest(`a DAV:${element.name.local} must have one DAV:${local}`);
  }
  return child;
}
