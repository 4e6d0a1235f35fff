/**
 * Text in HTML, in element content and attributes in double quotes. Control characters are shown by their pictures,
 * and those that would turn the direction of the text after them, and so lie about a name, by a replacement.
 */
export function htmlText(text: string): string {
  return text.replace(special, (character) => {
    const entity = entities.get(character);
    if (entity !== undefined) return entity;
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return code === 0x7f ? "\u2421" : "\uFFFD";
  });
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
