import { type Environment, proxyFor, proxyUrl } from "./proxy-choice.ts";

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
