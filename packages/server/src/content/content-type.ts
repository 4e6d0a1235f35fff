/** The media type of a document, which is known by its name alone. */
import { lookup } from "mime-types";

/** What a document is whose name says nothing (RFC 9110 §8.3). */
const unknownContentType = "application/octet-stream";

/**
 * The value of `Content-Type` and of DAV:getcontenttype for a document of this name.
 *
 * Text gets `charset=utf-8`: what is written today is that, and without it browsers guess an 8-bit encoding (a byte
 * order mark still wins). HTML and XML get none: they declare their own, and the parameter would overrule it.
 */
export function contentTypeOf(name: string): string {
  const dot = name.lastIndexOf(".");
  if (dot < 0 || name.length - dot > longestExtension) return unknownContentType;
  const extension = name.slice(dot + 1);
  const known = knownExtensions.get(extension);
  if (known !== undefined) return known;
  const contentType = withCharset(lookup(extension) || unknownContentType);
  if (knownExtensions.size >= knownExtensionsLimit) knownExtensions.clear();
  knownExtensions.set(extension, contentType);
  return contentType;
}

/**
 * Whether browsers run scripts that are in a document of this type. Such documents are foreign: whoever may write
 * to a shared tree could otherwise act as each of its readers.
 */
export function isActiveContent(contentType: string): boolean {
  return activeContent.test(contentType);
}

const longestExtension = 32;
const knownExtensionsLimit = 1024;
const knownExtensions = new Map<string, string>();

const declaresItsCharset = /^text\/(?:html|xml|xsl)$|\+xml$/;
const activeContent = /^(?:text\/(?:html|xml|xsl)|application\/xml|[^;]*\+xml|multipart\/|message\/)/;

function withCharset(type: string): string {
  return type.startsWith("text/") && !declaresItsCharset.test(type) ? `${type}; charset=utf-8` : type;
}
