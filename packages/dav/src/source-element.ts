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
    const { declared, outer } = this.place.scope;
    let declarations = "";
    for (const { prefix, mark, declaration } of inForce(outer)) {
      if (source.includes(mark) && !Object.hasOwn(declared, prefix)) declarations += declaration;
    }
    return declarations;
  }
}

interface Declaration {
  readonly prefix: string;
  /** Where an element uses the prefix, its source has this in it. */
  readonly mark: string;
  readonly declaration: string;
}

const known = new WeakMap<Scope, readonly Declaration[]>();

/** What an element inherits from where it stands; found out once for all that stand there. */
function inForce(scope: Scope | undefined): readonly Declaration[] {
  if (scope === undefined) return [];
  let found = known.get(scope);
  if (found === undefined) {
    found = [
      ...Object.entries(scope.declared).map(([prefix, namespace]) => declarationOf(prefix, namespace)),
      ...inForce(scope.outer).filter(({ prefix }) => !Object.hasOwn(scope.declared, prefix)),
    ];
    known.set(scope, found);
  }
  return found;
}

function declarationOf(prefix: string, namespace: string): Declaration {
  const name = prefix === "" ? "xmlns" : `xmlns:${prefix}`;
  return {
    prefix,
    mark: prefix === "" ? "" : `${prefix}:`,
    // The default namespace needs no declaration to be none.
    declaration: prefix === "" && namespace === "" ? "" : ` ${name}="${escapeAttribute(namespace)}"`,
  };
}
