/** XML request bodies, read with namespaces and within limits (RFC 4918 §8.2, §17, §20.6). */
import type { PropertyName } from "../elements/property.ts";
import { badRequest, DavError } from "../error.ts";
import { type ElementExcess, type ElementLimits, ElementReader } from "./element-reader.ts";
import type { XmlElement } from "./xml-element.ts";

export type { ElementLimits } from "./element-reader.ts";
export type { XmlAttribute, XmlElement } from "./xml-element.ts";

/** What a document may have. Beyond it: 413 for what is too large, 400 for what no honest client sends. */
export interface XmlLimits extends ElementLimits {
  /** UTF-16 code units of the document; 413. Default 8 Mi. */
  readonly length: number;
  /** Elements within each other; 400. Default 48: the parser's time grows with the square of it. */
  readonly depth: number;
  /** Elements in all; 413. Default 20,000. */
  readonly elements: number;
  /** Attributes of one element, namespace declarations included; 400. Default 64. */
  readonly attributes: number;
  /** Namespace declarations in all; 400. Default 256. */
  readonly namespaces: number;
  /** UTF-16 code units of all namespace names; 400. Default 16,384: fragments repeat what they inherited. */
  readonly namespaceLength: number;
}

/** How large and how deep XML may be. */
export const defaultXmlLimits: XmlLimits = {
  length: 8 * 1024 * 1024,
  depth: 48,
  elements: 20_000,
  attributes: 64,
  namespaces: 256,
  namespaceLength: 16_384,
};

/**
 * Parses a document, XML 1.0 with namespaces.
 *
 * @throws {DavError} 400 if it is not well-formed, has a document type declaration or goes beyond a limit; 403 with
 *   no-external-entities if that declaration leads outside; 413 if it is too large
 */
export function parseXml(text: string, limits: Partial<XmlLimits> = {}): XmlElement {
  const all = { ...defaultXmlLimits, ...limits };
  if (text.length > all.length) throw new DavError(413, "the XML document is too long");
  const reader = new ElementReader({
    limits: all,
    refusal: excessError,
    doctype: doctypeError,
    encoding: refuseForeignEncoding,
    keepsRoot: true,
  });
  try {
    reader.write(text.replace(spaceBeforeDeclaration, ""));
    reader.close();
  } catch (cause) {
    if (cause instanceof DavError) throw cause;
    throw badRequest("the XML document is not well-formed", cause);
  }
  if (reader.root === undefined) throw badRequest("the XML document has no element");
  return reader.root;
}

/** The children of an element that have this name, in document order. */
export function childrenNamed(element: XmlElement, name: PropertyName): readonly XmlElement[] {
  return element.children.filter((child) => isNamed(child, name));
}

/** Whether this is an element's name. */
export function isNamed(element: XmlElement, name: PropertyName): boolean {
  return element.name.local === name.local && element.name.namespace === name.namespace;
}

/** A name in the namespace "DAV:". */
export function davName(local: string): PropertyName {
  return { namespace: "DAV:", local };
}

/** Nothing may stand before an XML declaration (XML 1.0 §2.8), but clients send line ends there, which say nothing. */
const spaceBeforeDeclaration = /^[ \t\r\n]+(?=<\?xml[ \t\r\n])/;

function excessError(excess: ElementExcess): DavError {
  switch (excess) {
    case "depth":
      return badRequest("the XML document is nested too deeply");
    case "elements":
      return new DavError(413, "the XML document has too many elements");
    case "attributes":
      return badRequest("an XML element has too many attributes");
    case "namespaces":
      return badRequest("the XML document has too many namespaces");
    case "namespaceLength":
      return badRequest("the XML document's namespace names are too long");
    case "language":
      return badRequest("an xml:lang is too long");
  }
}

/** The document was decoded before it came here: as UTF-8, or as UTF-16 where its byte order mark said so. */
function refuseForeignEncoding(encoding: string | undefined): void {
  if (encoding !== undefined && !/^(?:utf-8|utf8|utf-16|utf-16le|utf-16be|us-ascii)$/i.test(encoding)) {
    throw badRequest("the XML document must be in UTF-8 or UTF-16");
  }
}

function doctypeError(declaration: string): DavError {
  if (/\b(?:SYSTEM|PUBLIC)\b/.test(declaration)) {
    return new DavError(403, "the XML document must not have external entities", {
      condition: { code: "no-external-entities" },
    });
  }
  return badRequest("the XML document must not have a document type declaration");
}
