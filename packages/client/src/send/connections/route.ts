/** The way to an origin: directly, or through a proxy. */

import { BlockList, isIP } from "node:net";
import { misuse } from "../../error/misuse.ts";

/** The way to an origin. */
export interface Route {
  readonly secure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly proxy: URL | undefined;
  /** Requests for which it is the same share connections. */
  readonly key: string;
}

/** @throws {TypeError} `ERR_PROXY` */
export function routeTo(url: URL, proxy: string | URL | false | undefined, environment: Environment): Route {
  const secure = url.protocol === "https:";
  const chosen =
    proxy === undefined ? proxyFor(url, environment) : proxy === false ? undefined : proxyUrl(proxy);
  return {
    secure,
    host: bare(url.hostname),
    port: portOf(url),
    proxy: chosen,
    key: `${url.origin} ${chosen?.href ?? ""}`,
  };
}

/** A host name without the brackets of an IPv6 address. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

/** The port of a URL, or its scheme's default: 443 for https, else 80. */
export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

/** RFC 7617 §2: for a proxy whose URL has a user. */
export function proxyCredentials(proxy: URL): string | undefined {
  if (proxy.username === "" && proxy.password === "") return undefined;
  const pair = `${decode(proxy.username)}:${decode(proxy.password)}`;
  return `Basic ${Buffer.from(pair, "utf8").toString("base64")}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A stray "%" is meant as it is.
    return text;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, or undefined.
 *
 * `http_proxy` for http, and only in lower case, for a CGI program's `HTTP_PROXY` is what a client sent as `Proxy`
 * field; `https_proxy` or `HTTPS_PROXY` for https; else `all_proxy` or `ALL_PROXY`. None for what `no_proxy` or
 * `NO_PROXY` lists: names with all that ends in them, addresses, networks (10.0.0.0/8), each with a port or without,
 * or "*".
 *
 * @throws {TypeError} `ERR_PROXY` for a proxy that cannot be
 */
export function proxyFor(url: URL, environment: Environment): URL | undefined {
  const own =
    url.protocol === "https:"
      ? named(environment, "https_proxy", "HTTPS_PROXY")
      : named(environment, "http_proxy");
  const proxy = own ?? named(environment, "all_proxy", "ALL_PROXY");
  if (proxy === undefined || isExempt(url, named(environment, "no_proxy", "NO_PROXY") ?? ""))
    return undefined;
  return proxyUrl(proxy);
}

/** Reads a proxy's URL; `host:port` alone means http. @throws {TypeError} `ERR_PROXY` */
export function proxyUrl(text: string | URL): URL {
  const spelled = typeof text === "string" && !text.includes("://") ? `http://${text}` : text;
  let url: URL;
  try {
    url = new URL(spelled);
  } catch (cause) {
    // The text may have a password in it, so it is not repeated.
    throw misuse("ERR_PROXY", "the proxy's URL cannot be read", cause);
  }
  if (url.protocol === "http:" || url.protocol === "https:") return url;
  const kind = url.protocol.startsWith("socks") ? "SOCKS" : url.protocol;
  const message = `the proxy ${url.protocol}//${url.host} is not supported: it may be http: or https:, not ${kind}`;
  throw misuse("ERR_PROXY", message);
}

function named(environment: Environment, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== "") return value;
  }
  return undefined;
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => entry === "*" || matches(entry.toLowerCase(), host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  // An IPv6 address has colons of its own: its port stands behind brackets.
  const [, bracketed, plain, ownPort] =
    /^(?:\[([^\]]*)\]|([^:]*|[^:]*:[^:]*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  if (ownPort !== undefined && ownPort !== port) return false;
  const name = (bracketed ?? plain ?? "").replace(/^\.|\.$/g, "");
  const family = isIP(host);
  if (family !== 0) return isWithin(host, family === 6 ? "ipv6" : "ipv4", name);
  return name !== "" && (host === name || host.endsWith(`.${name}`));
}

function isWithin(address: string, family: "ipv4" | "ipv6", network: string): boolean {
  const [base = "", bits] = network.split("/");
  if (isIP(base) !== (family === "ipv6" ? 6 : 4)) return false;
  const most = family === "ipv6" ? 128 : 32;
  const prefix = bits === undefined ? most : /^\d{1,3}$/.test(bits) ? Number(bits) : most + 1;
  if (prefix > most) return false;
  const list = new BlockList();
  list.addSubnet(base, prefix, family);
  return list.check(address, family);
}
