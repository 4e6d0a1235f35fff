/** From the names that people write to URLs, and back (RFC 3986 §2, RFC 4918 §8.3). */
import { encodeName } from "@meanwhile/dav";
import { misuse } from "../error/misuse.ts";
import { comparableSegments, depthBelow } from "./comparable-path.ts";
import type { Place } from "./dav-client.ts";

/** What is below one base URL. */
export class Places {
  /** Ends in a slash. */
  readonly base: URL;
  readonly #depth: number;

  /** @throws {TypeError} `ERR_BASE` if it is no http(s) URL, or has user information, a query or a fragment */
  constructor(base: string | URL) {
    const url = parseBase(base);
    if (!url.pathname.endsWith("/")) url.pathname += "/";
    this.base = url;
    this.#depth = comparableSegments(url.pathname).length;
  }

  /**
   * Where a place is.
   *
   * @throws {TypeError} `ERR_OUTSIDE_BASE` if it is not below the base; `ERR_PLACE` if it has NUL or a lone surrogate
   *   in it, which no name can have, or is the text of a URL
   */
  url(place: Place): URL {
    if (typeof place === "string") return new URL(`${this.base.pathname}${encodePlace(place)}`, this.base);
    const url = new URL(place);
    url.hash = "";
    const foreign = url.origin !== this.base.origin || url.username !== "" || url.password !== "";
    if (foreign || !this.holds(url)) throw outsideBase(url.href);
    return url;
  }

  /** Whether a URL of this server lies below the base, or is the base. */
  holds(url: URL): boolean {
    return depthBelow(url, this.base) !== undefined;
  }

  /**
   * The URL of a `DAV:href` (RFC 4918 §8.3, §14.7). Of an absolute one only the path counts: servers behind proxies put
   * their inner names there, and what is asked of it goes to the server that we know. What careless servers leave
   * unencoded is taken for a part of the path; slashes between names that they encode, too, count as slashes where the
   * resource would not be below the one that was asked else.
   *
   * @returns undefined if it lies outside of the base, or is no http URL
   */
  ofHref(href: string, asked: URL): URL | undefined {
    const absolute = absoluteForm.exec(href);
    if (absolute === null && /^[a-z][a-z0-9+.-]*:/i.test(href)) return undefined;
    const path = href.slice(absolute?.[0].length ?? 0).replace(careless, encodeURIComponent);
    const url = this.#ofPath(path, absolute !== null, asked);
    if (!/%2f/i.test(path)) return url;
    // Some servers encode the slashes between names, too. No name begins with one.
    const decoded = this.#ofPath(path.replace(/%2f/gi, "/"), absolute !== null, asked);
    const isBelow = (one: URL | undefined): boolean =>
      one !== undefined && depthBelow(one, asked) !== undefined;
    return path.startsWith("%") || (!isBelow(url) && isBelow(decoded)) ? decoded : url;
  }

  #ofPath(path: string, isRooted: boolean, asked: URL): URL | undefined {
    // Two slashes would begin a server's name.
    const rooted = isRooted ? `/${path.replace(/^\/+/, "")}` : path.replace(/^\/+/, "/");
    const pathname = rooted.startsWith("/") ? rooted : asked.pathname.replace(/[^/]*$/, () => rooted);
    const url = withPath(asked, pathname);
    return this.holds(url) ? url : undefined;
  }

  /** Relative to the base, for people; a collection's with a slash at the end, the base's own is "". */
  path(url: URL, collection: boolean): string {
    const names = this.#names(url);
    return names.length > 0 && collection ? `${names.join("/")}/` : names.join("/");
  }

  /** The last name of the path, for people. */
  name(url: URL): string {
    return this.#names(url).at(-1) ?? "";
  }

  #names(url: URL): readonly string[] {
    const segments = url.pathname.split("/").filter((segment) => segment !== "");
    return segments.slice(this.#depth).map(readable);
  }
}

/** `pathname` has a slash at its start. */
function withPath(asked: URL, pathname: string): URL {
  // As most are, and then one step instead of three, of which a listing takes as many as it has members.
  if (visible.test(pathname)) return new URL(pathname, asked);
  const url = new URL(asked);
  url.search = "";
  url.pathname = pathname;
  return url;
}

/** The same URL with a slash at its end, as a collection's should be (RFC 4918 §5.2). */
export function asCollection(url: URL): URL {
  if (url.pathname.endsWith("/")) return url;
  const collection = new URL(url);
  collection.pathname += "/";
  return collection;
}

function parseBase(base: string | URL): URL {
  let url: URL;
  try {
    url = new URL(base);
  } catch {
    throw misuse("ERR_BASE", "the base must be an absolute URL");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw misuse("ERR_BASE", "the base must be an http or https URL");
  }
  if (url.username !== "" || url.password !== "") {
    throw misuse("ERR_BASE", "the base must not have user information here");
  }
  if (url.search !== "" || url.hash !== "") {
    throw misuse("ERR_BASE", "the base must not have a query or a fragment");
  }
  return url;
}

function encodePlace(place: string): string {
  if (place.includes("\0")) throw misuse("ERR_PLACE", "a name must not have NUL in it");
  if (absoluteForm.test(place))
    throw misuse("ERR_PLACE", "text is a path below the base; a URL is given as one: new URL(...)");
  if (loneSurrogate.test(place)) throw misuse("ERR_PLACE", "a name must not have a lone surrogate in it");
  const names = place.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) throw outsideBase(place);
  const encoded = names.map(encodeName).join("/");
  return names.length > 0 && place.endsWith("/") ? `${encoded}/` : encoded;
}

function outsideBase(place: string): TypeError {
  return misuse("ERR_OUTSIDE_BASE", `it is not below the base, or might not be: ${place}`);
}

/** A name for people. What would mean something else, and octets that are no UTF-8, stay encoded. */
function readable(segment: string): string {
  if (!segment.includes("%")) return segment;
  return segment.replace(utf8Sequence, (sequence) => {
    if (/^%(?:2f|00)$/i.test(sequence)) return sequence;
    try {
      return decodeURIComponent(sequence);
    } catch {
      // It looked like UTF-8, but is not.
      return sequence;
    }
  });
}

const loneSurrogate = /\p{Surrogate}/u;
const absoluteForm = /^[a-z][a-z0-9+.-]*:\/\/[^/?#%]*/i;
/** A lone percent sign, and what a URL would take for something else, or lose. */
const careless = /%(?![0-9a-f]{2})|[?#\\\t\r\n]/gi;
const visible = /^\/(?!\/)[!-~]*$/;
const utf8Sequence =
  /%[0-7][0-9a-f]|%[cd][0-9a-f]%[89ab][0-9a-f]|%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-7](?:%[89ab][0-9a-f]){3}/gi;
