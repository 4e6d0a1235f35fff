/** Where the tree is mounted in the URLs that clients use. */
import { badRequest, DavError, hasTrailingSlash } from "@meanwhile/dav";
import type { AnyRequest } from "@meanwhile/interim";

export interface Mount {
  /** Scheme and authority as clients see them; undefined: as each request says. */
  readonly origin: string | undefined;
  /** "" or "/dav". */
  readonly prefix: string;
}

/** @throws {TypeError} `ERR_INVALID_BASE_URL` */
export function parseMount(baseUrl: string | undefined): Mount {
  if (baseUrl === undefined) return { origin: undefined, prefix: "" };
  const isPath = /^\/(?![/\\])/.test(baseUrl);
  const whole = isPath ? `http://localhost${baseUrl}` : baseUrl;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw Object.assign(
      new TypeError("the base URL must be an http or https URL, or a path, without query or fragment"),
      { code: "ERR_INVALID_BASE_URL" },
    );
  }
  return { origin: isPath ? undefined : url.origin, prefix: url.pathname.replace(/\/+$/, "") };
}

export interface Target {
  /** The percent-encoded path below the mount point; "*" for OPTIONS of the server itself. */
  readonly path: string;
  /** Whether the path that the client sees ends in a slash; that of the mount point itself may not. */
  readonly trailingSlash: boolean;
  /** The mount point's own path. */
  readonly prefix: string;
}

/**
 * Finds the path in a request target: origin-form, absolute-form or asterisk-form (RFC 9112 §3.2). A query is ignored.
 * In Express, the path that the handler is mounted at becomes part of the prefix.
 *
 * @throws {DavError} 400 for any other form, 404 outside the mount point
 */
export function parseTarget(request: AnyRequest, mount: Mount): Target {
  const { url = "", baseUrl = "", originalUrl } = request as AnyRequest & ExpressFields;
  if (url === "*") return { path: "*", trailingSlash: false, prefix: mount.prefix };
  // A fragment is never sent; where one is, deleting what stands before it would be a mistake (RFC 9112 §3.2).
  if (url.includes("#")) throw badRequest("the request target has a fragment");
  const path = pathOf(url);
  if (!path.startsWith("/")) throw badRequest("the request target is not understood");
  if (baseUrl !== "" || mount.prefix === "") {
    // Express gives the handler "/" where the client asked for the mount point without its slash.
    const seen = path === "/" && originalUrl !== undefined ? pathOf(originalUrl) : path;
    return { path, trailingSlash: hasTrailingSlash(seen), prefix: mount.prefix || baseUrl };
  }
  const below = pathBelow(path, mount.prefix);
  if (below !== undefined)
    return { path: below, trailingSlash: hasTrailingSlash(path), prefix: mount.prefix };
  throw new DavError(404, "nothing is served at this URL");
}

/** The mount point's own path, without a slash at its end; in Express that of the handler. */
export function prefixOf(request: AnyRequest, mount: Mount): string {
  return mount.prefix || ((request as AnyRequest & ExpressFields).baseUrl ?? "");
}

/** What Express adds to a request. */
export interface ExpressFields {
  readonly baseUrl?: string;
  readonly originalUrl?: string;
}

function pathOf(url: string): string {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(url)?.[0] ?? "";
  return url.slice(absolute.length).replace(/\?.*$/s, "") || "/";
}

/** What follows a prefix in a path, however its characters are percent-encoded; undefined where it does not begin so. */
function pathBelow(path: string, prefix: string): string | undefined {
  const depth = prefix.split("/").length;
  const segments = path.split("/");
  const begin = segments.slice(0, depth).join("/");
  if (begin !== prefix && decoded(begin) !== decoded(prefix)) return undefined;
  return `/${segments.slice(depth).join("/")}`;
}

function decoded(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not UTF-8: no prefix of ours, which a URL parser wrote.
    return undefined;
  }
}
