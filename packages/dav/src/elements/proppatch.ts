/** The body of a PROPPATCH (RFC 4918 §9.2, §14.19). */
import { badRequest, DavError } from "../error.ts";
import { childrenNamed, davName, isNamed, parseXml, type XmlElement } from "../xml/xml-reader.ts";
import type { PropertyChange } from "./property.ts";

/** How many properties one request may change. More is refused with 413. */
export const propertyChangeLimit: number = 1000;

/**
 * Parses a `DAV:propertyupdate` (RFC 4918 §14.19). Elements that nobody knows are passed over (§17).
 *
 * @returns the changes in document order, which is the order to apply them in (§9.2)
 * @throws {DavError} 400 if it is not XML or not a `DAV:propertyupdate` with something to set or remove
 */
export function parsePropertyUpdate(text: string): readonly PropertyChange[] {
  const root = parseXml(text);
  if (!isNamed(root, davName("propertyupdate"))) {
    throw badRequest("the body of a PROPPATCH must be a DAV:propertyupdate");
  }
  const changes: PropertyChange[] = [];
  let instructions = 0;
  for (const instruction of root.children) {
    const set = isNamed(instruction, davName("set"));
    if (!set && !isNamed(instruction, davName("remove"))) continue;
    instructions += 1;
    for (const property of propertiesOf(instruction)) {
      changes.push(set ? setting(property) : { action: "remove", name: property.name });
    }
  }
  if (instructions === 0) throw badRequest("a DAV:propertyupdate must have a DAV:set or a DAV:remove");
  if (changes.length > propertyChangeLimit)
    throw new DavError(413, "the request changes too many properties");
  return changes;
}

/** The properties in the `DAV:prop` of a `DAV:set` or `DAV:remove` (RFC 4918 §14.23, §14.26). */
export function propertiesOf(instruction: XmlElement): readonly XmlElement[] {
  const [prop, ...others] = childrenNamed(instruction, davName("prop"));
  if (prop === undefined || others.length > 0) {
    throw badRequest(`a DAV:${instruction.name.local} must have one DAV:prop`);
  }
  return prop.children;
}

/** The change that sets a property to the value that its element has. */
export function setting(property: XmlElement): PropertyChange {
  return { action: "set", property: { name: property.name, xml: property.xml } };
}
