/** Extended MKCOL (RFC 5689). */
import { badRequest, DavError } from "../error.ts";
import { childrenNamed, davName, isNamed, parseXml } from "../xml/xml-reader.ts";
import { xmlDeclaration } from "../xml/xml-text.ts";
import { type Propstat, propstatElement } from "./multistatus.ts";
import type { PropertyChange, PropertyName } from "./property.ts";
import { propertiesOf, propertyChangeLimit, setting } from "./proppatch.ts";

/** What an extended MKCOL asks for (RFC 5689). */
export interface ExtendedMkcol {
  /** What the new resource shall be, in document order; undefined where the request does not say. */
  readonly resourceTypes: readonly PropertyName[] | undefined;
  /** The other properties to set, in document order. */
  readonly changes: readonly PropertyChange[];
}

/**
 * Parses the body of an extended MKCOL (RFC 5689 §3, §5.1).
 *
 * @throws {DavError} 415 if it is XML, but not a `DAV:mkcol` (RFC 4918 §9.3); 400 if it is not XML, or a `DAV:mkcol`
 *   without a `DAV:set`
 */
export function parseExtendedMkcol(text: string): ExtendedMkcol {
  const root = parseXml(text);
  if (!isNamed(root, davName("mkcol"))) throw new DavError(415, "the body of a MKCOL must be a DAV:mkcol");
  const sets = childrenNamed(root, davName("set"));
  if (sets.length === 0) throw badRequest("a DAV:mkcol must have a DAV:set");
  let resourceTypes: readonly PropertyName[] | undefined;
  const changes: PropertyChange[] = [];
  for (const property of sets.flatMap(propertiesOf)) {
    if (isNamed(property, davName("resourcetype"))) resourceTypes = property.children.map(({ name }) => name);
    else changes.push(setting(property));
  }
  if (changes.length > propertyChangeLimit) throw new DavError(413, "the request sets too many properties");
  return { resourceTypes, changes };
}

/** The document that tells which properties a MKCOL could not set (RFC 5689 §3.1, §5.2). */
export function mkcolResponse(propstats: readonly Propstat[]): string {
  return `${xmlDeclaration}<D:mkcol-response xmlns:D="DAV:">${propstats.map(propstatElement).join("")}</D:mkcol-response>`;
}
