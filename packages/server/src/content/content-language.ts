/** The language of a document, as a client declared it (RFC 4918 §15.3). */
import type { DeadProperty } from "@meanwhile/dav";
import { parseXml } from "@meanwhile/dav/xml";

/**
 * The value of `Content-Language`, which DAV:getcontentlanguage has when a client set it.
 * @returns undefined where none did, or what it set is no list of language tags (RFC 9110 §8.5)
 */
export function contentLanguage(properties: readonly DeadProperty[]): string | undefined {
  for (const { name, xml } of properties) {
    if (name.namespace !== "DAV:" || name.local !== "getcontentlanguage") continue;
    const value = parseXml(xml).text.trim();
    return languageTags.test(value) ? value : undefined;
  }
  return undefined;
}

const languageTags =
  /^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}(?:[ \t]*,[ \t]*[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}){0,16}$/;
