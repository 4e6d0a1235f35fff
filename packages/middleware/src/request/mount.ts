/** Where in a service the middleware is mounted: its status documents are below that. */
import type { AnyRequest } from "@meanwhile/interim";
import type { Operations } from "@meanwhile/operations";

/** The path that was taken off URLs, "" at the root; "route": on a route alone, which no status document leads to. */
export type Mount = string | "route";

/** As Express and connect tell it. */
export function mountOf(request: AnyRequest): Mount {
  const { baseUrl, originalUrl, url } = request as {
    readonly baseUrl?: unknown;
    readonly originalUrl?: unknown;
    readonly url?: string;
  };
  if (typeof baseUrl === "string") return withoutSlash(baseUrl);
  if (typeof originalUrl !== "string" || originalUrl === url) return "";
  return prefixOf(pathOf(originalUrl), pathOf(url ?? "/"));
}

/** What `path` has before `rest`, which frameworks give a leading slash. */
export function prefixOf(path: string, rest: string): Mount {
  if (path.endsWith(rest)) return withoutSlash(path.slice(0, path.length - rest.length));
  return rest === "/" ? withoutSlash(path) : "";
}

/**
 * The part of a path that a pattern such as "/api/:version/*" has before its asterisk.
 *
 * @returns "route" where the pattern has none: it is one of a route
 */
export function patternMount(pattern: string, path: string): Mount {
  if (pattern === "*") return "";
  if (!pattern.endsWith("/*")) return "route";
  const segments = pattern.slice(0, -2).split("/").length;
  return path.split("/", segments).join("/");
}

/** The error of a route whose answers would name documents that have no URL. */
export function mountedOnRoute(): TypeError {
  return Object.assign(
    new TypeError(
      "processing() is mounted on a route alone, where its status documents have no URL: mount processing({ operations }) for the whole app, or on a path, too",
    ),
    { code: "ERR_PROCESSING_MOUNT" },
  );
}

/** What a request passed that did not select it. */
export interface Passed {
  readonly operations: Operations;
  /** Of its status documents. */
  readonly path: string;
}

function pathOf(url: string): string {
  return url.split("?", 1)[0] ?? "/";
}

function withoutSlash(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}
