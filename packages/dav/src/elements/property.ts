/** Names and values of properties (RFC 4918 §4). */

/** A property's name: a namespace name (may be empty) and a local name. */
export interface PropertyName {
  readonly namespace: string;
  readonly local: string;
}

/** A property that the server only stores (§4.1). */
export interface DeadProperty {
  readonly name: PropertyName;
  /**
   * The property's element as the client sent it, verbatim: prefixes, attributes, comments, CDATA and white space
   * kept, made self-contained by the namespace declarations and the `xml:lang` that it inherited (§4.3).
   */
  readonly xml: string;
}

/** One instruction of a PROPPATCH or an extended MKCOL, in document order (§9.2). */
export type PropertyChange =
  | { readonly action: "set"; readonly property: DeadProperty }
  | { readonly action: "remove"; readonly name: PropertyName };

/** One string that tells property names apart: Clark notation, `{namespace}local`. */
export function clarkName(name: PropertyName): string {
  return `{${name.namespace}}${name.local}`;
}
