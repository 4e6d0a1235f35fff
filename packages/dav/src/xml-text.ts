/** Text as XML 1.0 writes it. */

/**
 * Text as the content of an element. Characters that XML 1.0 cannot carry, escaped or not, become U+FFFD;
 * a carriage return is written so that it survives being read.
 */
export function escapeText(text: string): string {
  return special.test(text) ? text.replace(allSpecial, replacement) : text;
}

/** Text as an attribute's value, in either kind of quotes; white space survives being read. */
export function escapeAttribute(text: string): string {
  return specialInAttribute.test(text) ? text.replace(allSpecialInAttribute, replacement) : text;
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

// Control characters, lone surrogates and the two non-characters are not Char (XML 1.0 §2.2).
const forbidden =
  "\\0-\\x08\\x0B\\x0C\\x0E-\\x1F\\uFFFE\\uFFFF]|[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])|(?<![\\uD800-\\uDBFF])[\\uDC00-\\uDFFF]";
const special = new RegExp(`[&<>\\r${forbidden}`);
const allSpecial = new RegExp(special, "g");
const specialInAttribute = new RegExp(`[&<>"'\\t\\n\\r${forbidden}`);
const allSpecialInAttribute = new RegExp(specialInAttribute, "g");

/** What each of our documents begins with. */
export const xmlDeclaration: string = '<?xml version="1.0" encoding="utf-8"?>\n';
