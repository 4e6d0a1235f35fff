/** Elements that can be cut out of their document as they stand in it (RFC 4918 §4.3). */
import type { PropertyName } from "./property.ts";
import type { XmlAttribute, XmlElement } from "./xml-reader.ts";
import { escapeAttribute } from "./xml-text.ts";

/** Namespace names by prefix: those declared on one element, then its ancestors'. The default has the prefix "". */
export interface Scope {
  readonly declared: Readonly<Record<string, string>>;
  readonly outer: Scope | undefined;
}

/** A document, or a part of one that is still being read. */
export interface SourceText {
  readonly text: string;
}

/** Where an element stands in its document. */
export interface Place {
  readonly document: SourceText;
  readonly start: number;
  readonly nameEnd: number;
  readonly scope: Scope;
  readonly ownLang: boolean;
}

/** An element that remembers where it stands; the reader fills in its text and its end. */
export class SourceElement implements XmlElement {
  readonly name: PropertyName;
  readonly lang: string | undefined;
  readonly attributes: readonly XmlAttribute[];
  readonly children: SourceElement[] = [];
  readonly place: Place;
  text = "";
  end = 0;

  constructor(
    name: PropertyName,
    lang: string | undefined,
    attributes: readonly XmlAttribute[],
    place: Place,
  ) {
    this.name = name;
    this.lang = lang;
    this.attributes = attributes;
    this.place = place;
  }

  get xml(): string {
    const { start, nameEnd, ownLang } = this.place;
    const document = this.place.document.text;
    const inherited = this.#inheritedDeclarations(document.slice(start, this.end));
    const lang = ownLang || this.lang === undefined ? "" : ` xml:lang="${escapeAttribute(this.lang)}"`;
    return document.slice(start, nameEnd) + inherited + lang + document.slice(nameEnd, this.end);
  }

  #inheritedDeclarations(source: string): string {
    const seen = new Set(Object.keys(this.place.scope.declared));
    let declarations = "";
    for (let scope = this.place.scope.outer; scope !== undefined; scope = scope.outer) {
      for (const [prefix, namespace] of Object.entries(scope.declared)) {
        if (seen.has(prefix)) continue;
        seen.add(prefix);
        if (prefix === "") {
          if (namespace !== "") declarations += ` xmlns="${escapeAttribute(namespace)}"`;
        } else if (source.includes(`${prefix}:`)) {
          declarations += ` xmlns:${prefix}="${escapeAttribute(namespace)}"`;
        }
      }
    }
    return declarations;
  }
}
