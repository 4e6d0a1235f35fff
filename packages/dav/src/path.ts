/** Where a resource lives in its tree, and how that is written in a URL (RFC 3986, RFC 4918 §5.2, §8.3). */
import { badRequest } from "./error.ts";

declare const brand: unique symbol;

/**
 * The decoded path of a resource below the root of its tree: names joined by "/", beginning with "/", without a
 * trailing slash. The root itself is "/". No name is empty, ".", "..", or has "/" or NUL in it. Names are kept
 * as they came: no Unicode normalization, no change of case.
 */
export type ResourcePath = string & { readonly [brand]: "ResourcePath" };

/** The root of every tree. */
export const rootPath: ResourcePath = "/" as ResourcePath;

/**
 * Parses the path of a URL, percent-encoded, as it stands in a request target or a Destination.
 * Empty segments ("//") are folded; a trailing slash is dropped (ask {@link hasTrailingSlash} for it).
 *
 * @throws {DavError} 400 if the path does not begin with "/", is not UTF-8 after decoding, has NUL or an encoded
 *   slash in it, or a segment that is "." or ".." in whatever encoding.
 */
export function parsePath(encoded: string): ResourcePath {
  if (!encoded.startsWith("/")) throw badRequest("the path of the URL must begin with a slash");
  const names: string[] = [];
  for (const segment of encoded.split("/")) {
    if (segment === "") continue;
    names.push(decodeName(segment));
  }
  return `/${names.join("/")}` as ResourcePath;
}

/** Whether a URL's path ends in a slash, as a collection's should (RFC 4918 §5.2). */
export function hasTrailingSlash(encoded: string): boolean {
  return encoded.endsWith("/");
}

/** The path of the member `name` of a collection. `name` comes from a tree, not from a client. */
export function memberPath(collection: ResourcePath, name: string): ResourcePath {
  return (collection === "/" ? `/${name}` : `${collection}/${name}`) as ResourcePath;
}

/** The collection that a resource is a member of; undefined for the root. */
export function parentOf(path: ResourcePath): ResourcePath | undefined {
  if (path === "/") return undefined;
  const slash = path.lastIndexOf("/");
  return (slash === 0 ? "/" : path.slice(0, slash)) as ResourcePath;
}

/** The last name of a path; empty for the root. */
export function nameOf(path: ResourcePath): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The names of a path, from the root down; none for the root. */
export function namesOf(path: ResourcePath): readonly string[] {
  return path === "/" ? [] : path.slice(1).split("/");
}

/** Whether `path` is `ancestor` itself or lies anywhere below it. */
export function isWithin(path: ResourcePath, ancestor: ResourcePath): boolean {
  if (ancestor === "/" || path === ancestor) return true;
  return path.length > ancestor.length && path.startsWith(ancestor) && path[ancestor.length] === "/";
}

/** `path`, which lies within `from`, at the same place within `to`. */
export function rebase(path: ResourcePath, from: ResourcePath, to: ResourcePath): ResourcePath {
  const rest = from === "/" ? (path === "/" ? "" : path) : path.slice(from.length);
  return (to === "/" ? rest || "/" : to + rest) as ResourcePath;
}

/** A path as it stands in an href: percent-encoded, a collection's with its trailing slash (RFC 4918 §5.2). */
export function encodePath(path: ResourcePath, collection: boolean): string {
  if (path === "/") return "/";
  let encoded = "";
  for (const name of namesOf(path)) encoded += `/${encodeName(name)}`;
  return collection ? `${encoded}/` : encoded;
}

/** One name as it stands in an href. Lone surrogates, which no URL can carry, become U+FFFD. */
export function encodeName(name: string): string {
  if (plainName.test(name)) return name;
  return encodeURIComponent(name.replace(loneSurrogates, "\uFFFD")).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const plainName = /^[A-Za-z0-9._~-]*$/;
const loneSurrogates = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

function decodeName(segment: string): string {
  let name: string;
  try {
    name = segment.includes("%") ? decodeURIComponent(segment) : segment;
  } catch (cause) {
    throw badRequest("the URL is not valid percent-encoded UTF-8", cause);
  }
  if (name === "." || name === "..") throw badRequest("the URL must not have dot segments");
  if (name.includes("/") || name.includes("\0"))
    throw badRequest("a name must not have a slash or NUL in it");
  return name;
}
