/** The body of a 207, piece by piece, so that it can be streamed (RFC 4918 §13, §14.16). */
import type { Condition, Href } from "../error.ts";
import { escapeAttribute, escapeText, xmlDeclaration } from "../xml/xml-text.ts";
import { conditionElement } from "./error-document.ts";
import type { PropertyName } from "./property.ts";
import { statusLine } from "./status-line.ts";

/** Properties of one resource that share a status (RFC 4918 §14.22). */
export interface Propstat {
  readonly status: number;
  /** Each property's element, raw: what {@link propertyElement} made, or a dead property's `xml`. */
  readonly properties: readonly string[];
  readonly condition?: Condition;
}

/** What comes before the first response. */
export const multistatusStart: string = `${xmlDeclaration}<D:multistatus xmlns:D="DAV:">`;

/** What comes after the last response. */
export const multistatusEnd: string = "</D:multistatus>";

/** A whole document. @param description for people, about all responses (RFC 4918 §14.25) */
export function multistatus(responses: readonly string[], description?: string): string {
  return multistatusStart + responses.join("") + descriptionElement(description) + multistatusEnd;
}

/** A `DAV:response` of a method on a tree: what became of one of its resources (RFC 4918 §9.6.1, §14.24). */
export function statusResponse(
  href: Href,
  status: number,
  options: { readonly condition?: Condition; readonly description?: string } = {},
): string {
  return (
    `<D:response><D:href>${escapeText(href)}</D:href><D:status>${statusLine(status)}</D:status>` +
    `${errorElement(options.condition)}${descriptionElement(options.description)}</D:response>`
  );
}

/**
 * A `DAV:response` with properties of one resource (RFC 4918 §9.1, §9.2.1). Propstats without properties are left
 * out; one always stays, as the element needs one.
 */
export function propertyResponse(href: Href, propstats: readonly Propstat[]): string {
  let content = "";
  for (const propstat of propstats) if (propstat.properties.length > 0) content += propstatElement(propstat);
  return writtenResponse(escapeText(href), content);
}

/**
 * As {@link propertyResponse}, of what is written already: of an answer for many resources this is the innermost loop.
 * @param href escaped
 * @param propstats elements; "" where none has a property
 */
export function writtenResponse(href: string, propstats: string): string {
  return `<D:response><D:href>${href}</D:href>${propstats === "" ? emptyPropstat : propstats}</D:response>`;
}

/** A `DAV:propstat` (RFC 4918 §14.22). */
export function propstatElement(propstat: Propstat): string {
  let properties = "";
  for (const property of propstat.properties) properties += property;
  return propstatStart + properties + propstatEnd(propstat.status, propstat.condition);
}

/** What a `DAV:propstat` has before its properties. */
export const propstatStart: string = "<D:propstat><D:prop>";

/** What it has after them. */
export function propstatEnd(status: number, condition?: Condition): string {
  return `</D:prop><D:status>${statusLine(status)}</D:status>${errorElement(condition)}</D:propstat>`;
}

/**
 * A property's element with raw XML as its content; empty without. It needs the prefix `D` for names in "DAV:";
 * other namespaces it declares itself.
 */
export function propertyElement(name: PropertyName, content?: string): string {
  const { namespace, local } = name;
  if (namespace === "DAV:")
    return content === undefined ? `<D:${local}/>` : `<D:${local}>${content}</D:${local}>`;
  if (namespace === "") return content === undefined ? `<${local}/>` : `<${local}>${content}</${local}>`;
  const start = `<N:${local} xmlns:N="${escapeAttribute(namespace)}"`;
  return content === undefined ? `${start}/>` : `${start}>${content}</N:${local}>`;
}

function errorElement(condition: Condition | undefined): string {
  return condition === undefined ? "" : `<D:error>${conditionElement(condition)}</D:error>`;
}

function descriptionElement(description: string | undefined): string {
  return description === undefined
    ? ""
    : `<D:responsedescription>${escapeText(description)}</D:responsedescription>`;
}

const emptyPropstat = propstatElement({ status: 200, properties: [] });
