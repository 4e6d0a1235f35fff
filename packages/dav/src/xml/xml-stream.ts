/** XML answers of any size, read one child of the root after the other, within limits (RFC 4918 §17, §20.6). */
import { SaxesParser, type SaxesTagNS } from "saxes";
import { DocumentError } from "../elements/document-error.ts";
import { SourceElement } from "../elements/source-element.ts";
import type { XmlAttribute, XmlElement } from "./xml-reader.ts";

/** What one child of the root may have, its descendants included; the number of children is not limited. */
export interface XmlStreamLimits {
  /** UTF-16 code units, with what comes before it. Default 4 Mi. */
  readonly length: number;
  /** Elements within each other. Default 48: the parser's time grows with the square of it. */
  readonly depth: number;
  /** Elements. Default 5,000. */
  readonly elements: number;
  /** Attributes of one element, namespace declarations included. Default 64. */
  readonly attributes: number;
  /** Namespace declarations; so many may be on the root, too. Default 256. */
  readonly namespaces: number;
  /** UTF-16 code units of all namespace names, as above. Default 4,096: fragments repeat what they inherited. */
  readonly namespaceLength: number;
}

export const defaultXmlStreamLimits: XmlStreamLimits = {
  length: 4 * 1024 * 1024,
  depth: 48,
  elements: 5000,
  attributes: 64,
  namespaces: 256,
  namespaceLength: 4096,
};

/**
 * Reads a document that comes in pieces, cut anywhere, and forgets each child of the root once it is given. It needs
 * memory for one child. White space before the document is passed over, and control characters that XML cannot have
 * are read as U+FFFD, for servers that put names into their answers as they are.
 */
export class XmlStream {
  readonly #limits: XmlStreamLimits;
  readonly #parser: SaxesParser<{ xmlns: true }>;
  readonly #open: SourceElement[] = [];
  #complete: XmlElement[] = [];
  #root: SourceElement | undefined;
  /** What came since the last child ended. */
  #window: { text: string } = { text: "" };
  /** Where the window begins in the document. */
  #windowStart = 0;
  #begun = false;
  #ended = false;
  #start = 0;
  #nameEnd = 0;
  #elements = 0;
  #attributes = 0;
  #namespaces = 0;
  #namespaceLength = 0;

  constructor(limits: Partial<XmlStreamLimits> = {}) {
    this.#limits = { ...defaultXmlStreamLimits, ...limits };
    const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: "1.0", forceXMLVersion: true });
    parser.on("doctype", () => {
      throw new DocumentError("it has a document type declaration");
    });
    parser.on("opentagstart", ({ name }) => this.#starts(name));
    parser.on("attribute", ({ prefix, name, value }) => this.#attribute(prefix, name, value));
    parser.on("opentag", (tag) => this.#opens(tag));
    parser.on("text", (text) => this.#text(text));
    parser.on("cdata", (text) => this.#text(text));
    parser.on("closetag", () => this.#closes());
    this.#parser = parser;
  }

  /** The root without its children, once its start tag was read. */
  get root(): XmlElement | undefined {
    return this.#root;
  }

  /**
   * Takes the next piece, decoded.
   *
   * @returns the children of the root that ended in it
   * @throws {DocumentError} if the document is not well-formed, has a document type declaration, or goes beyond a limit;
   *   nothing more is read then
   */
  write(piece: string): readonly XmlElement[] {
    if (this.#ended) throw new DocumentError("nothing can follow its end");
    const text = (this.#begun ? piece : piece.trimStart()).replace(notInXml, "\uFFFD");
    if (text === "") return [];
    this.#begun = true;
    this.#window.text += text;
    this.#parse(() => this.#parser.write(text));
    // A comment or a start tag without an end is as much as a long child.
    this.#check(this.#window.text.length <= this.#limits.length, "one of its elements is too long");
    return this.#taken();
  }

  /** @throws {DocumentError} if the document is not complete */
  end(): readonly XmlElement[] {
    if (!this.#ended) this.#parse(() => this.#parser.close());
    this.#ended = true;
    this.#check(this.#root !== undefined, "it is empty");
    return this.#taken();
  }

  #taken(): readonly XmlElement[] {
    const taken = this.#complete;
    this.#complete = [];
    return taken;
  }

  #parse(step: () => void): void {
    try {
      step();
    } catch (cause) {
      this.#ended = true;
      if (cause instanceof DocumentError) throw cause;
      throw new DocumentError("it is not well-formed XML", { cause });
    }
  }

  #check(holds: boolean, otherwise: string): void {
    if (holds) return;
    this.#ended = true;
    throw new DocumentError(otherwise);
  }

  #starts(name: string): void {
    this.#check(this.#open.length < this.#limits.depth, "it is nested too deeply");
    this.#elements += 1;
    this.#check(this.#elements <= this.#limits.elements, "one of its elements has too many others in it");
    this.#attributes = 0;
    // The parser stands behind the character that ended the name, or behind both of CR LF.
    const at = this.#parser.position - this.#windowStart;
    this.#start = this.#window.text.lastIndexOf("<", at - 1);
    this.#nameEnd = this.#start + 1 + name.length;
  }

  #attribute(prefix: string, name: string, value: string): void {
    this.#attributes += 1;
    this.#check(this.#attributes <= this.#limits.attributes, "an element has too many attributes");
    if (prefix !== "xmlns" && name !== "xmlns") return;
    this.#namespaces += 1;
    this.#namespaceLength += value.length;
    this.#check(this.#namespaces <= this.#limits.namespaces, "it has too many namespaces");
    this.#check(this.#namespaceLength <= this.#limits.namespaceLength, "its namespace names are too long");
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
      this.#check(value.length <= languageLength, "an xml:lang is too long");
      lang = value === "" ? undefined : value;
      ownLang = true;
    }
    const element = new SourceElement({ namespace: tag.uri, local: tag.local }, lang, attributes, {
      document: this.#window,
      start: this.#start,
      nameEnd: this.#nameEnd,
      declared: tag.ns,
      scope: parent?.scope,
      ownLang,
    });
    if (parent === undefined) {
      this.#root = element;
      this.#next();
    } else if (parent !== this.#root) parent.children.push(element);
    this.#open.push(element);
  }

  /** The root's own text is of no use to anybody. */
  #text(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined && element !== this.#root) element.text += text;
  }

  #closes(): void {
    const element = this.#open.pop();
    if (element === undefined || element === this.#root) return;
    element.end = this.#parser.position - this.#windowStart;
    if (this.#open.length > 1) return;
    this.#check(element.end <= this.#limits.length, "one of its elements is too long");
    this.#complete.push(element);
    this.#next();
  }

  /** What comes from here on belongs to the next child. */
  #next(): void {
    const at = this.#parser.position - this.#windowStart;
    this.#window = { text: this.#window.text.slice(at) };
    this.#windowStart += at;
    this.#elements = 0;
    this.#namespaces = 0;
    this.#namespaceLength = 0;
  }
}

const notInXml = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/g;
const xmlNamespace = "http://www.w3.org/XML/1998/namespace";
const declarationNamespace = "http://www.w3.org/2000/xmlns/";
/** Far longer than any language tag (RFC 5646 §4.4.1). */
const languageLength = 256;
