/**
 * Text in HTML, in element content and in attributes in double quotes. What would hide, or turn the direction of the
 * text after it and so lie about a name, is replaced.
 */
export function htmlText(text: string): string {
  return text.replace(special, (character) => entities.get(character) ?? "\uFFFD");
}

const entities: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["'", "&#39;"],
]);

// C0, C1, embeddings, overrides and isolates of direction, line separators, lone surrogates, non-characters.
const special =
  /[&<>"'\0-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
