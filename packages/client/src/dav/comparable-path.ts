/** When two URL paths are the same, however they are written (RFC 3986 §6.2.2). */

/**
 * The segments of a path in the one spelling that can be compared: percent-encoding undone, Unicode composed, empty
 * segments and the slash at the end left out. Servers differ from us, and from themselves, in all of these.
 */
export function comparableSegments(pathname: string): readonly string[] {
  const segments = pathname.split("/").filter((segment) => segment !== "");
  return plainPath.test(pathname) ? segments : segments.map(comparable);
}

/** Whether two URLs of one server name the same resource. */
export function isSameResource(one: URL, other: URL): boolean {
  if (one.pathname === other.pathname) return true;
  return comparableSegments(one.pathname).join("\0") === comparableSegments(other.pathname).join("\0");
}

/** How many segments `url` has below `ancestor`: 0 for that resource itself, undefined where it is not below. */
export function depthBelow(url: URL, ancestor: URL): number | undefined {
  const segments = comparableSegments(url.pathname);
  const above = comparableSegments(ancestor.pathname);
  if (segments.length < above.length) return undefined;
  return above.every((segment, index) => segment === segments[index])
    ? segments.length - above.length
    : undefined;
}

function comparable(segment: string): string {
  try {
    return decodeURIComponent(segment).normalize("NFC");
  } catch {
    // It is not UTF-8: only the spelling of its octets can be made the same.
    return segment.replace(/%[0-9a-f]{2}/gi, (octet) => {
      const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
      return unreserved.test(character) ? character : octet.toUpperCase();
    });
  }
}

const plainPath = /^[A-Za-z0-9._~/-]*$/;
const unreserved = /^[A-Za-z0-9._~-]$/;
