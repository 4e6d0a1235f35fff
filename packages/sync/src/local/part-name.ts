import { createHash } from "node:crypto";

const pattern = /^\.meanwhile-[\w-]{22}\.part$/i;

/** Whether a file is an unfinished download. It belongs to no folder's content. */
export function isPartName(name: string): boolean {
  return pattern.test(name);
}

/**
 * The hidden name of an unfinished download, always the same for the same state of the same resource. So a later run
 * finds it, and whatever is in a file of that name are the first bytes of that very content: two programs that write
 * it at a time write the same bytes to the same places.
 *
 * @param etag strong (RFC 9110 §8.8.1)
 */
export function partName(name: string, url: URL, etag: string): string {
  const hash = createHash("sha256").update(`${name}\0${url.href}\0${etag}`).digest("base64url");
  return `.meanwhile-${hash.slice(0, 22)}.part`;
}

/** A hidden name for content that cannot be told from other content: no later run goes on with it. */
export function singlePartName(randomName: string): string {
  const hash = createHash("sha256").update(randomName).digest("base64url");
  return `.meanwhile-${hash.slice(0, 22)}.part`;
}

/** The tag if it is a strong one: only then are bytes at the same place the same (RFC 9110 §8.8.3.2). */
export function strongTag(etag: string | undefined): string | undefined {
  return etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined;
}
