/** The body of a PROPFIND (RFC 4918 §9.1, §14.20). */
import { badRequest, DavError } from "../error.ts";
import { childrenNamed, davName, isNamed, parseXml, type XmlElement } from "../xml/xml-reader.ts";
import { clarkName, type PropertyName } from "./property.ts";
import { remembered } from "./remembered.ts";

/** Which properties a PROPFIND asks for (RFC 4918 §14.20). */
export type PropfindRequest =
  /** All dead properties and the live ones of RFC 4918, and those that `include` names (§14.8). */
  | { readonly kind: "allprop"; readonly include: readonly PropertyName[] }
  | { readonly kind: "propname" }
  | { readonly kind: "prop"; readonly names: readonly PropertyName[] };

/** How many properties one PROPFIND may name; each may be asked of many resources. More is refused with 413. */
export const propfindNameLimit: number = 1000;

/**
 * Parses the body of a PROPFIND; an empty one asks for all properties (RFC 4918 §9.1). A property that is named
 * twice is in the result once.
 *
 * @throws {DavError} 400 if it is not XML, or not a `DAV:propfind` with exactly one of prop, propname and allprop
 *   (appendices A.3, A.4); 413 beyond {@link propfindNameLimit}
 */
export const parsePropfind: (text: string) => PropfindRequest = remembered(parse);

function parse(text: string): PropfindRequest {
  // "A client may choose not to submit a request body. An empty PROPFIND request body MUST be treated as if it
  // were an 'allprop' request."
  if (text === "") return { kind: "allprop", include: [] };
  const root = parseXml(text);
  if (!isNamed(root, davName("propfind"))) throw badRequest("the body of a PROPFIND must be a DAV:propfind");
  const [choice, ...others] = root.children.filter((child) => choices.some((name) => isNamed(child, name)));
  if (choice === undefined || others.length > 0) {
    throw badRequest("a DAV:propfind must have one of DAV:prop, DAV:propname and DAV:allprop");
  }
  const includes = childrenNamed(root, davName("include"));
  if (includes.length > 0 && choice.name.local !== "allprop") {
    throw badRequest("DAV:include goes with DAV:allprop only");
  }
  switch (choice.name.local) {
    case "propname":
      return { kind: "propname" };
    case "prop":
      return { kind: "prop", names: namesIn([choice]) };
    default:
      return { kind: "allprop", include: namesIn(includes) };
  }
}

const choices: readonly PropertyName[] = [davName("prop"), davName("propname"), davName("allprop")];

function namesIn(elements: readonly XmlElement[]): readonly PropertyName[] {
  const names = new Map<string, PropertyName>();
  for (const element of elements) {
    for (const { name } of element.children) names.set(clarkName(name), name);
  }
  if (names.size > propfindNameLimit) throw new DavError(413, "the PROPFIND names too many properties");
  return [...names.values()];
}
