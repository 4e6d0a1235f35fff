/**
 * Pages of other sites change nothing here (cross-site request forgery), nor does a page whose name was made to lead to this
 * server (DNS rebinding). Browsers tell where an unsafe request comes from, in `Sec-Fetch-Site` (the Fetch Metadata
 * specification) and `Origin` (RFC 6454 §7); other programs have neither, and pass.
 */
import { isIP } from "node:net";
import { DavError } from "@meanwhile/dav";
import { isSafe } from "@meanwhile/middleware/internal";
import { isAllowedOrigin } from "../http/cors.ts";
import type { Connection } from "./connection.ts";
import type { RequestFields } from "./request-fields.ts";

/** One request, as far as it matters here. */
export interface SiteRequest {
  readonly method: string;
  readonly fields: Pick<RequestFields, "fetchSite" | "origin">;
  readonly connection: Pick<Connection, "origin" | "declared" | "secure">;
  /** undefined: anonymous. */
  readonly principal?: string | undefined;
  /** It is a browser's for certain, since it has a session's cookie or begins one: it must say that it is of our own page. */
  readonly byBrowser?: boolean;
}

export interface SiteRules {
  /** Origins that may do what our own pages may; "*": any. */
  readonly cors: readonly string[];
  /** How this machine is called. */
  readonly hostName: string;
}

/**
 * Passes safe requests, those of programs that are no browser, those of our own pages, and those of origins that `cors` names.
 *
 * Ours is the origin that is configured or that a trusted proxy tells; else the host that the request itself names. Where
 * nobody logs in, that host must be an address, `localhost` or this machine's name: any other could be an attacker's, whose
 * DNS leads to this server, so that a browser takes his page for ours.
 *
 * A session's cookie goes along by itself, whoever asks: with one, nothing passes that does not say whose page it is of.
 *
 * @throws {DavError} 403, with what to do
 */
export function requireOwnSite(request: SiteRequest, rules: SiteRules): void {
  if (isSafe(request.method) || request.method === "PROPFIND") return;
  const { fetchSite: site, origin } = request.fields;
  if (site === undefined && origin === undefined && request.byBrowser !== true) return;
  if (request.byBrowser === true) {
    const isTold = site === "same-origin" || (site === undefined && origin !== undefined);
    if (isTold && (origin === undefined || isOwn(origin, request.connection))) return;
    throw new DavError(403, foreignPage(origin));
  }
  if (isAllowedOrigin(origin, rules.cors)) return;
  const isForeign =
    (site !== undefined && site !== "same-origin" && site !== "none") ||
    (origin !== undefined && !isOwn(origin, request.connection));
  if (isForeign) throw new DavError(403, foreignPage(origin));
  const { declared, origin: own } = request.connection;
  if (request.principal !== undefined || declared || isOfThisMachine(own, rules.hostName)) return;
  throw new DavError(
    403,
    `a web page reached this server by a name that it does not know (${shown(own)}): set the base URL (--base-url) to change anything from there`,
  );
}

/** A proxy may have taken the TLS away unseen: only where there is TLS for certain the scheme is compared, too. */
function isOwn(origin: string, { origin: own, secure }: SiteRequest["connection"]): boolean {
  const [theirs, ours] = [parsed(origin), parsed(own)];
  if (theirs === undefined || ours === undefined) return false;
  if (secure) return theirs.origin === ours.origin;
  // The port that a host lacks is that of the scheme, which only the browser knows.
  return parsed(own.replace(/^https?:/, theirs.protocol))?.host === theirs.host;
}

function isOfThisMachine(own: string, hostName: string): boolean {
  const name = parsed(own)?.hostname.replace(/\.$/, "").toLowerCase() ?? "";
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0) return true;
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  const machine = hostName.replace(/\.$/, "").toLowerCase();
  const [short = ""] = machine.split(".");
  return machine !== "" && [machine, short, `${short}.local`].includes(name);
}

function parsed(origin: string): URL | undefined {
  if (!/^https?:\/\/[^/?#\\@\s]+$/i.test(origin) || !URL.canParse(origin)) return undefined;
  return new URL(origin);
}

function foreignPage(origin: string | undefined): string {
  return origin === undefined
    ? "the request comes from a web page of another site, which may change nothing here"
    : `the request comes from a web page of another site (${shown(origin)}), which may change nothing here unless the server allows that origin (--cors)`;
}

function shown(origin: string): string {
  return origin.length > 200 ? `${origin.slice(0, 200)}...` : origin;
}
