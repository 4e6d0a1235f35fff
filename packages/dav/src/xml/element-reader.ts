/** Builds elements from what the XML parser tells, and counts what they have: the part that all our readers share. */
import { SaxesParser, type SaxesTagNS } from "saxes";
import { SourceElement, type SourceText } from "../elements/source-element.ts";
import type { XmlAttribute } from "./xml-element.ts";

/** What elements may have, counted from the beginning or from the last `cut`. */
export interface ElementLimits {
  /** Elements within each other. */
  readonly depth: number;
  readonly elements: number;
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number;
  /** Namespace declarations. */
  readonly namespaces: number;
  /** UTF-16 code units of all namespace names. */
  readonly namespaceLength: number;
}

/** Which limit was met; "language": an `xml:lang` is too long. */
export type ElementExcess = keyof ElementLimits | "language";

export interface ElementReaderOptions {
  readonly limits: ElementLimits;
  /** The error to throw for what goes beyond a limit. */
  readonly refusal: (excess: ElementExcess) => Error;
  /** The error to throw for a document type declaration. */
  readonly doctype: (declaration: string) => Error;
  /** Whether the root keeps its children and its text; else they are told by `closed` alone. */
  readonly keepsRoot: boolean;
  /** The encoding that the XML declaration names, if any. */
  readonly encoding?: (name: string | undefined) => void;
  /** The start tag of the root was read. */
  readonly rootOpened?: () => void;
  /** An element below the root has ended. @param depth of what it is in: 1 for the root */
  readonly closed?: (element: SourceElement, depth: number) => void;
}

/** Parses XML 1.0 with namespaces, written to it in pieces. What it throws beside the refusals is the parser's. */
export class ElementReader {
  readonly #options: ElementReaderOptions;
  readonly #parser: SaxesParser<{ xmlns: true }>;
  readonly #open: SourceElement[] = [];
  #root: SourceElement | undefined;
  /** What was written since the last cut. */
  #source: { text: string } = { text: "" };
  /** Where that begins in the document. */
  #sourceStart = 0;
  #start = 0;
  #nameEnd = 0;
  #elements = 0;
  #attributes = 0;
  #namespaces = 0;
  #namespaceLength = 0;

  constructor(options: ElementReaderOptions) {
    this.#options = options;
    const parser = new SaxesParser({ xmlns: true, defaultXMLVersion: "1.0", forceXMLVersion: true });
    const { encoding } = options;
    if (encoding !== undefined) parser.on("xmldecl", (declaration) => encoding(declaration.encoding));
    parser.on("doctype", (declaration) => {
      throw options.doctype(declaration);
    });
    parser.on("opentagstart", ({ name }) => this.#starts(name));
    parser.on("attribute", ({ prefix, name, value }) => this.#attribute(prefix, name, value));
    parser.on("opentag", (tag) => this.#opens(tag));
    parser.on("text", (text) => this.#text(text));
    parser.on("cdata", (text) => this.#text(text));
    parser.on("closetag", () => this.#closes());
    this.#parser = parser;
  }

  /** The outermost element, as soon as it has begun. */
  get root(): SourceElement | undefined {
    return this.#root;
  }

  /** What was written since the last cut. */
  get source(): SourceText {
    return this.#source;
  }

  /** Takes the next piece. Throws what a refusal gave, or what the parser found to be not well-formed. */
  write(piece: string): void {
    this.#source.text += piece;
    this.#parser.write(piece);
  }

  /** The document is complete. */
  close(): void {
    this.#parser.close();
  }

  /** What was read is forgotten, and not counted any more. */
  cut(): void {
    const at = this.#parser.position - this.#sourceStart;
    this.#source = { text: this.#source.text.slice(at) };
    this.#sourceStart += at;
    this.#elements = 0;
    this.#namespaces = 0;
    this.#namespaceLength = 0;
  }

  #require(holds: boolean, excess: ElementExcess): void {
    if (!holds) throw this.#options.refusal(excess);
  }

  #starts(name: string): void {
    const { depth, elements } = this.#options.limits;
    this.#require(this.#open.length < depth, "depth");
    this.#elements += 1;
    this.#require(this.#elements <= elements, "elements");
    this.#attributes = 0;
    // The parser stands behind the character that ended the name, or behind both of CR LF.
    const at = this.#parser.position - this.#sourceStart;
    this.#start = this.#source.text.lastIndexOf("<", at - 1);
    this.#nameEnd = this.#start + 1 + name.length;
  }

  #attribute(prefix: string, name: string, value: string): void {
    const { attributes, namespaces, namespaceLength } = this.#options.limits;
    this.#attributes += 1;
    this.#require(this.#attributes <= attributes, "attributes");
    if (prefix !== "xmlns" && name !== "xmlns") return;
    this.#namespaces += 1;
    this.#namespaceLength += value.length;
    this.#require(this.#namespaces <= namespaces, "namespaces");
    this.#require(this.#namespaceLength <= namespaceLength, "namespaceLength");
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
      this.#require(value.length <= languageLength, "language");
      lang = value === "" ? undefined : value;
      ownLang = true;
    }
    const element = new SourceElement({ namespace: tag.uri, local: tag.local }, lang, attributes, {
      document: this.#source,
      start: this.#start,
      nameEnd: this.#nameEnd,
      declared: tag.ns,
      scope: parent?.scope,
      ownLang,
    });
    if (parent === undefined) {
      this.#root = element;
      this.#options.rootOpened?.();
    } else if (this.#isKept(parent)) parent.children.push(element);
    this.#open.push(element);
  }

  /** White space around the root is text too; anything else there is the parser's to refuse. */
  #text(text: string): void {
    const element = this.#open.at(-1);
    if (element !== undefined && this.#isKept(element)) element.text += text;
  }

  #closes(): void {
    const element = this.#open.pop();
    if (element === undefined || !this.#isKept(element)) return;
    element.end = this.#parser.position - this.#sourceStart;
    if (element !== this.#root) this.#options.closed?.(element, this.#open.length);
  }

  #isKept(element: SourceElement): boolean {
    return this.#options.keepsRoot || element !== this.#root;
  }
}

const xmlNamespace = "http://www.w3.org/XML/1998/namespace";
const declarationNamespace = "http://www.w3.org/2000/xmlns/";
/** Far longer than any language tag (RFC 5646 §4.4.1). */
const languageLength = 256;
