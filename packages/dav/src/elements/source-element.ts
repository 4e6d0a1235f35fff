/** Elements that can be cut out of their document as they stand in it (RFC 4918 §4.3). */

import type { XmlAttribute, XmlElement } from "../xml/xml-element.ts";
import { escapeAttribute } from "../xml/xml-text.ts";
import type { PropertyName } from "./property.ts";

/** A document, or a part of one that is still being read. */
export interface SourceText {
  readonly text: string;
}

/** Where an element stands in its document. */
export interface Place {
  readonly document: SourceText;
  readonly start: number;
  readonly nameEnd: number;
  /** Namespace names by prefix, as the element itself declares them. The default has the prefix "". */
  readonly declared: Readonly<Record<string, string>>;
  /** Of its parent. */
  readonly scope: Scope | undefined;
  readonly ownLang: boolean;
}

/** An element that remembers where it stands; the reader fills in its text and its end. */
export class SourceElement implements XmlElement {
  readonly name: PropertyName;
  readonly lang: string | undefined;
  readonly attributes: readonly XmlAttribute[];
  readonly children: SourceElement[] = [];
  readonly place: Place;
  /** What its children inherit. */
  readonly scope: Scope | undefined;
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
    const { declared, scope } = place;
    // Most declare nothing: all of these share one.
    this.scope = isEmpty(declared) ? scope : new Scope(declared, scope);
  }

  get xml(): string {
    const { start, nameEnd, ownLang } = this.place;
    const document = this.place.document.text;
    const inherited = this.#inheritedDeclarations(document.slice(start, this.end));
    const lang = ownLang || this.lang === undefined ? "" : ` xml:lang="${escapeAttribute(this.lang)}"`;
    return document.slice(start, nameEnd) + inherited + lang + document.slice(nameEnd, this.end);
  }

  #inheritedDeclarations(source: string): string {
    const { declared, scope } = this.place;
    let declarations = "";
    for (const { prefix, mark, declaration } of scope?.declarations ?? []) {
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

/** The namespaces that are declared where an element stands. */
export class Scope {
  readonly #declared: Readonly<Record<string, string>>;
  readonly #outer: Scope | undefined;
  #declarations: readonly Declaration[] | undefined;

  constructor(declared: Readonly<Record<string, string>>, outer: Scope | undefined) {
    this.#declared = declared;
    this.#outer = outer;
  }

  /** Those in force; found out once for all that stand there. */
  get declarations(): readonly Declaration[] {
    const declared = this.#declared;
    this.#declarations ??= [
      ...Object.entries(declared).map(([prefix, namespace]) => declarationOf(prefix, namespace)),
      ...(this.#outer?.declarations ?? []).filter(({ prefix }) => !Object.hasOwn(declared, prefix)),
    ];
    return this.#declarations;
  }
}

function isEmpty(declared: Readonly<Record<string, string>>): boolean {
  for (const _prefix in declared) return false;
  return true;
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
