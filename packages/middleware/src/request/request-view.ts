/** What a request says of itself, as the middleware needs it. */
import { createHash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { AnyRequest } from "@meanwhile/interim";
import { type Preferences, parsePrefer } from "@meanwhile/interim/fields";

/**
 * Who asks, as far as Authorization and Cookie tell: a hash of both.
 * @returns undefined where there is neither
 */
export function credentialsOf({ headers: { authorization, cookie } }: AnyRequest): string | undefined {
  if (authorization === undefined && cookie === undefined) return undefined;
  const parts = JSON.stringify([authorization ?? null, cookie ?? null]);
  return `credentials ${createHash("sha256").update(parts).digest("base64url")}`;
}

/** What its client would rather have (RFC 7240): `Prefer` is read here only. */
export function preferencesOf({ headers }: Pick<AnyRequest, "headers">): Preferences {
  return parsePrefer(headers["prefer"]);
}

/**
 * Whether a request asks for what only an operation has: a key, or a preference that is heeded here. All other
 * preferences, such as `return=minimal`, are its handler's.
 */
export function asksForUs(request: Pick<AnyRequest, "headers">): boolean {
  if (request.headers["idempotency-key"] !== undefined) return true;
  const { processing, respondAsync } = preferencesOf(request);
  return processing || respondAsync;
}

/** Path and query as the client sent them, also below the mount point of a framework. */
export function requestTarget(request: AnyRequest): string {
  const { originalUrl } = request as { readonly originalUrl?: unknown };
  const url = typeof originalUrl === "string" ? originalUrl : (request.url ?? "/");
  if (url.startsWith("/")) return url;
  return url.replace(/^https?:\/\/[^/?#]*/i, "") || "/";
}

/** The path of a request, without its query. */
export function pathOf(request: AnyRequest): string {
  return requestTarget(request).split("?", 1)[0] ?? "/";
}

/** What follows the collection of status documents, decoded; undefined for all other requests. */
export function statusRest(target: string, path: string): string | undefined {
  // Asked of every request: most are shorter, or differ in the last letter before the slash, and need no strings made.
  const last = path.length - 2;
  if (target.length <= last || target.charCodeAt(last) !== path.charCodeAt(last)) return undefined;
  if (!target.startsWith(path.slice(0, -1))) return undefined;
  const [pathname = ""] = target.split("?", 1);
  if (pathname === path.slice(0, -1)) return "";
  return pathname.startsWith(path) ? pathname.slice(path.length) : undefined;
}

/** Scheme and authority as the client named them. What is no authority is not repeated. */
export function originOf(request: AnyRequest): string {
  const { socket, headers } = request;
  const encrypted = (socket as TLSSocket | undefined)?.encrypted === true;
  const named = headers[":authority"] ?? headers.host;
  const scheme = encrypted ? "https" : "http";
  const isAuthority = typeof named === "string" && /^[A-Za-z0-9.:[\]_-]{1,255}$/.test(named);
  if (isAuthority && URL.canParse(`${scheme}://${named}`)) return `${scheme}://${named}`;
  return `${scheme}://localhost:${socket?.localPort ?? 80}`;
}

/** Whether the connection came in on a loopback address, or a Unix socket. */
export function isLocal({ socket }: AnyRequest): boolean {
  const address = socket?.localAddress ?? "";
  return address === "" || address === "::1" || /^(::ffff:)?127\./.test(address);
}

/** The pattern that Express has found the handler by; undefined elsewhere, and before. */
export function routeOf(request: AnyRequest): string | undefined {
  const { route, baseUrl } = request as {
    readonly route?: { readonly path?: unknown };
    readonly baseUrl?: unknown;
  };
  if (typeof route?.path !== "string") return undefined;
  return typeof baseUrl === "string" ? baseUrl + route.path : route.path;
}
