/** What a reader gives: elements with names that are resolved, and as they stand in their document. */
import type { PropertyName } from "../elements/property.ts";

/** An attribute with its namespace. */
export interface XmlAttribute {
  readonly name: PropertyName;
  /** Normalized, references resolved. */
  readonly value: string;
}

/** An element with its namespace, attributes and content. */
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
