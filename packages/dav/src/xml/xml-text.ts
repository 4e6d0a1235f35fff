/** Text as XML 1.0 writes it. */

/**
 * Text as the content of an element. Characters that XML 1.0 cannot carry, escaped or not, become U+FFFD;
 * a carriage return is written so that it survives being read.
 */
export function escapeText(text: string): string {
  return suspect.test(text) ? text.replace(special, replacement) : text;
}

/** Text as an attribute's value, in either kind of quotes; white space survives being read. */
export function escapeAttribute(text: string): string {
  return suspectInAttribute.test(text) ? text.replace(specialInAttribute, replacement) : text;
}

function replacement(character: string): string {
  return replacements.get(character) ?? "\uFFFD";
}

const replacements: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
  ["\t", "&#9;"],
  ["\n", "&#10;"],
  ["\r", "&#13;"],
]);

/** A single class of characters, to pass plain text quickly: surrogates may be in pairs, which are fine. */
const suspect = /[&<>\r\0-\x08\x0B\x0C\x0E-\x1F\uD800-\uDFFF\uFFFE\uFFFF]/;
const suspectInAttribute = /[&<>"'\0-\x1F\uD800-\uDFFF\uFFFE\uFFFF]/;

/** Control characters, lone surrogates and two non-characters are no Char (XML 1.0 §2.2). */
const special =
  /[&<>\r\0-\x08\x0B\x0C\x0E-\x1F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
const specialInAttribute =
  /[&<>"'\0-\x1F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** What each of our documents begins with. */
export const xmlDeclaration: string = '<?xml version="1.0" encoding="utf-8"?>\n';
