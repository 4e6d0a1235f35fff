/** Entity tags, and lists of them (RFC 9110 §8.8.3, §13.1). */

/** A field's value: any current representation, or one of some entity tags as they came, `W/` and quotes kept. */
export type EntityTagList = "*" | readonly string[];

/**
 * Reads the value of If-Match or If-None-Match: `"*" / #entity-tag`. Tags may have commas in them; empty list
 * elements are skipped (RFC 9110 §5.6.1.2). One word without quotes, which some clients send (Joplin does with each
 * change), is taken for the tag that it is in quotes.
 *
 * @returns undefined where it is neither
 */
export function parseEntityTagList(value: string): EntityTagList | undefined {
  if (value.trim() === "*") return "*";
  if (bareWord.test(value.trim())) return [`"${value.trim()}"`];
  const tags: string[] = [];
  let afterTag = false;
  let position = 0;
  while (position < value.length) {
    const character = value[position];
    if (character === " " || character === "\t") {
      position += 1;
    } else if (character === ",") {
      afterTag = false;
      position += 1;
    } else {
      entityTag.lastIndex = position;
      const tag = entityTag.exec(value)?.[0];
      if (afterTag || tag === undefined) return undefined;
      tags.push(tag);
      afterTag = true;
      position += tag.length;
    }
  }
  return tags.length > 0 ? tags : undefined;
}

/** Both are strong, and the same (RFC 9110 §8.8.3.2). */
export function matchesStrongly(a: string, b: string): boolean {
  return a === b && !a.startsWith("W/");
}

/** The same, weak or not (RFC 9110 §8.8.3.2). */
export function matchesWeakly(a: string, b: string): boolean {
  return opaqueTag(a) === opaqueTag(b);
}

const bareWord = /^[A-Za-z0-9._-]+$/;
const entityTag = /(?:W\/)?"[\x21\x23-\x7E\x80-\xFF]*"/y;

function opaqueTag(tag: string): string {
  return tag.startsWith("W/") ? tag.slice(2) : tag;
}
