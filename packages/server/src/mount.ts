/** Where the tree is mounted in the URLs that clients use. */
import { badRequest, DavError } from "@meanwhile/dav/error";
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
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw Object.assign(
      new TypeError("the base URL must be an http or https URL without query or fragment"),
      {
        code: "ERR_INVALID_BASE_URL",
      },
    );
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, "") };
}

export interface Target {
  /** The percent-encoded path below the mount point; "*" for OPTIONS of the server itself. */
  readonly path: string;
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
  const { url = "", baseUrl = "" } = request as AnyRequest & { readonly baseUrl?: string };
  if (url === "*") return { path: "*", prefix: mount.prefix };
  const absolute = /^https?:\/\/[^/?#]*/i.exec(url)?.[0] ?? "";
  // A fragment is never sent; where one is, deleting what stands before it would be a mistake (RFC 9112 §3.2).
  if (url.includes("#")) throw badRequest("the request target has a fragment");
  const path = url.slice(absolute.length).replace(/\?.*$/s, "") || "/";
  if (!path.startsWith("/")) throw badRequest("the request target is not understood");
  if (baseUrl !== "" || mount.prefix === "") return { path, prefix: mount.prefix || baseUrl };
  const below = pathBelow(path, mount.prefix);
  if (below !== undefined) return { path: below, prefix: mount.prefix };
  throw new DavError(404, "nothing is served at this URL");
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
