/** XML request bodies, read with namespaces and within limits (RFC 4918 §8.2, §17, §20.6). */
import { SaxesParser, type SaxesTagNS } from "saxes";
import type { PropertyName } from "../elements/property.ts";
import { SourceElement, type SourceText } from "../elements/source-element.ts";
import { badRequest, DavError } from "../error.ts";

/** What a document may have. Beyond it: 413 for what is too large, 400 for what no honest client sends. */
export interface XmlLimits {
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

export const defaultXmlLimits: XmlLimits = {
  length: 8 * 1024 * 1024,
  depth: 48,
  elements: 20_000,
  attributes: 64,
  namespaces: 256,
  namespaceLength: 16_384,
};

export interface XmlAttribute {
  readonly name: PropertyName;
  /** Normalized, references resolved. */
  readonly value: string;
}

export interface XmlElement {
  readonly name: PropertyName;
  /** The `xml:lang` in scope; undefined where there is none, or an empty one. */
  readonly lang: string | undefined;
  /** Without namespace declarations. */
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** Its own text and CDATA, joined, without its children's. */
  readonly text: string;
  /**
   * The element as it stands in the document, character by character (references, comments, CDATA, processing
   * instructions, white space, quotes and prefixes kept), made self-contained: its start tag also has the inherited
   * `xml:lang`, and the inherited declarations of the default namespace and of each prefix that occurs in it.
   */
  readonly xml: string;
}

/**
 * Parses a document, XML 1.0 with namespaces.
 *
 * @throws {DavError} 400 if it is not well-formed, has a document type declaration or goes beyond a limit; 403 with
 *   no-external-entities if that declaration leads outside; 413 if it is too large
 */
export function parseXml(text: string, limits: Partial<XmlLimits> = {}): XmlElement {
  const { length } = { ...defaultXmlLimits, ...limits };
  if (text.length > length) throw new DavError(413, "the XML document is too long");
  return new DocumentReader(text.replace(spaceBeforeDeclaration, ""), {
    ...defaultXmlLimits,
    ...limits,
  }).root();
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
const xmlNamespace = "http://www.w3.org/XML/1998/namespace";
const declarationNamespace = "http://www.w3.org/2000/xmlns/";
/** Far longer than any language tag (RFC 5646 §4.4.1). */
const languageLength = 256;

class DocumentReader {
  readonly #document: SourceText;
  readonly #limits: XmlLimits;
  readonly #parser: SaxesParser<{ xmlns: true }>;
  readonly #open: SourceElement[] = [];
  #root: SourceElement | undefined;
  #start = 0;
  #nameEnd = 0;
  #elements = 0;
  #attributes = 0;
  #namespaces = 0;
  #namespaceLength = 0;

  constructor(document: string, limits: XmlLimits) {
    this.#document = { text: document };
    this.#limits = limits;
    const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: "1.0", forceXMLVersion: true });
    parser.on("xmldecl", ({ encoding }) => refuseForeignEncoding(encoding));
    parser.on("doctype", refuseDoctype);
    parser.on("opentagstart", ({ name }) => this.#starts(name));
    parser.on("attribute", ({ prefix, name, value }) => this.#attribute(prefix, name, value));
    parser.on("opentag", (tag) => this.#opens(tag));
    parser.on("text", (text) => this.#text(text));
    parser.on("cdata", (text) => this.#text(text));
    parser.on("closetag", () => this.#closes());
    this.#parser = parser;
  }

  root(): XmlElement {
    try {
      this.#parser.write(this.#document.text).close();
    } catch (cause) {
      if (cause instanceof DavError) throw cause;
      throw badRequest("the XML document is not well-formed", cause);
    }
    if (this.#root === undefined) throw badRequest("the XML document has no element");
    return this.#root;
  }

  #starts(name: string): void {
    if (this.#open.length === this.#limits.depth) throw badRequest("the XML document is nested too deeply");
    if (this.#elements === this.#limits.elements)
      throw new DavError(413, "the XML document has too many elements");
    this.#elements += 1;
    this.#attributes = 0;
    // The parser stands behind the character that ended the name, or behind both of CR LF.
    this.#start = this.#document.text.lastIndexOf("<", this.#parser.position - 1);
    this.#nameEnd = this.#start + 1 + name.length;
  }

  #attribute(prefix: string, name: string, value: string): void {
    this.#attributes += 1;
    if (this.#attributes > this.#limits.attributes)
      throw badRequest("an XML element has too many attributes");
    if (prefix !== "xmlns" && name !== "xmlns") return;
    this.#namespaces += 1;
    this.#namespaceLength += value.length;
    if (this.#namespaces > this.#limits.namespaces)
      throw badRequest("the XML document has too many namespaces");
    if (this.#namespaceLength > this.#limits.namespaceLength) {
      throw badRequest("the XML document's namespace names are too long");
    }
  }

  #opens(tag: SaxesTagNS): void {
    const parent = this.#open.at(-1);
    const attributes: XmlAttribute[] = [];
    let lang = parent?.lang;
    let ownLang = false;
    for (const { uri, local, value } of Object.values(tag.attributes)) {
      if (uri === declarationNamespace) continue;
      attributes.push({ name: { namespace: uri, local }, value });
      if (uri !== xmlNamespace || local !== "lang") continue;
      if (value.length > languageLength) throw badRequest("an xml:lang is too long");
      lang = value === "" ? undefined : value;
      ownLang = true;
    }
    const element = new SourceElement({ namespace: tag.uri, local: tag.local }, lang, attributes, {
      document: this.#document,
      start: this.#start,
      nameEnd: this.#nameEnd,
      declared: tag.ns,
      scope: parent?.scope,
      ownLang,
    });
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
    this.#open.push(element);
  }

  /** White space around the root is text too; anything else there is the parser's to refuse. */
  #text(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined) element.text += text;
  }

  #closes(): void {
    const element = this.#open.pop();
    if (element !== undefined) element.end = this.#parser.position;
  }
}

/** The document was decoded before it came here: as UTF-8, or as UTF-16 where its byte order mark said so. */
function refuseForeignEncoding(encoding: string | undefined): void {
  if (encoding !== undefined && !/^(?:utf-8|utf8|utf-16|utf-16le|utf-16be|us-ascii)$/i.test(encoding)) {
    throw badRequest("the XML document must be in UTF-8 or UTF-16");
  }
}

function refuseDoctype(declaration: string): never {
  if (/\b(?:SYSTEM|PUBLIC)\b/.test(declaration)) {
    throw new DavError(403, "the XML document must not have external entities", {
      condition: { code: "no-external-entities" },
    });
  }
  throw badRequest("the XML document must not have a document type declaration");
}
