/** XML answers of any size, read one child of the root after the other, within limits (RFC 4918 §17, §20.6). */
import { DocumentError } from "../elements/document-error.ts";
import { type ElementExcess, type ElementLimits, ElementReader } from "./element-reader.ts";
import type { XmlElement } from "./xml-element.ts";

/** What one child of the root may have, its descendants included; the number of children is not limited. */
export interface XmlStreamLimits extends ElementLimits {
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

const defaultXmlStreamLimits: XmlStreamLimits = {
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
  readonly #reader: ElementReader;
  #complete: XmlElement[] = [];
  #begun = false;
  #ended = false;

  constructor(limits: Partial<XmlStreamLimits> = {}) {
    this.#limits = { ...defaultXmlStreamLimits, ...limits };
    this.#reader = new ElementReader({
      limits: this.#limits,
      refusal: (excess) => new DocumentError(excesses[excess]),
      doctype: () => new DocumentError("it has a document type declaration"),
      // Its children are given one by one, and its own text is not used.
      keepsRoot: false,
      // What comes from here on belongs to the next child.
      rootOpened: () => this.#reader.cut(),
      closed: (element, depth) => {
        if (depth > 1) return;
        this.#check(element.end <= this.#limits.length, "one of its elements is too long");
        this.#complete.push(element);
        this.#reader.cut();
      },
    });
  }

  /** The root without its children, once its start tag was read. */
  get root(): XmlElement | undefined {
    return this.#reader.root;
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
    this.#parse(() => this.#reader.write(text));
    // A comment or a start tag without an end is as much as a long child.
    this.#check(this.#reader.source.text.length <= this.#limits.length, "one of its elements is too long");
    return this.#taken();
  }

  /** @throws {DocumentError} if the document is not complete */
  end(): readonly XmlElement[] {
    if (!this.#ended) this.#parse(() => this.#reader.close());
    this.#ended = true;
    this.#check(this.root !== undefined, "it is empty");
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
}

const excesses: Readonly<Record<ElementExcess, string>> = {
  depth: "it is nested too deeply",
  elements: "one of its elements has too many others in it",
  attributes: "an element has too many attributes",
  namespaces: "it has too many namespaces",
  namespaceLength: "its namespace names are too long",
  language: "an xml:lang is too long",
};

const notInXml = /[\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]/g;
