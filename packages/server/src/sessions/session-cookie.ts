/** The cookie of a session (RFC 6265). */
import { createHash } from "node:crypto";
import type { Connection } from "../request/connection.ts";

/** Where a cookie is set and read. */
export type CookiePlace = Pick<Connection, "origin" | "secure"> & { readonly prefix: string };

/** The token in a request's `Cookie`; undefined where it has none. */
export function sessionToken(cookie: string | undefined, place: CookiePlace): string | undefined {
  // Most requests have none: nothing is calculated for them.
  if (cookie === undefined || !cookie.includes(commonName)) return undefined;
  const name = nameAt(place);
  for (const pair of cookie.split(";")) {
    const equals = pair.indexOf("=");
    if (pair.slice(0, equals).trim() !== name) continue;
    const token = pair.slice(equals + 1).trim();
    return /^[\w-]{43}$/.test(token) ? token : undefined;
  }
  return undefined;
}

/** Gives the browser a token until it is closed; without one, takes it away. */
export function setSessionCookie(place: CookiePlace, token?: string): string {
  return [
    `${nameAt(place)}=${token ?? ""}`,
    "Path=/",
    "HttpOnly",
    "SameSite=Strict",
    ...(place.secure ? ["Secure"] : []),
    ...(token === undefined ? ["Max-Age=0"] : []),
  ].join("; ");
}

const commonName = "meanwhile-";

/** Cookies are the same for all ports of a host, and for all paths here: each server has a name of its own. */
function nameAt({ secure, origin, prefix }: CookiePlace): string {
  const own = createHash("sha256").update(`${origin}${prefix}/`).digest("base64url").slice(0, 8);
  return `${secure ? "__Host-" : ""}${commonName}${own}`;
}
