/** The URL of a resource, as it is typed. */
import { wrongUsage } from "../command-error.ts";
import { printable } from "../display/printable.ts";

export interface RemoteUrl {
  /** http or https, without a login in it. */
  readonly url: URL;
  /** The login that stood in it. Whoever types a password there shows it to everybody on the machine. */
  readonly username?: string;
  readonly password?: string;
}

/** As file managers write them. */
const schemes: Readonly<Record<string, string>> = {
  "http:": "http:",
  "https:": "https:",
  "dav:": "http:",
  "davs:": "https:",
  "webdav:": "http:",
  "webdavs:": "https:",
};

export interface RemoteUrlRules {
  /** Whether it may have a query. Those of resources have none: a "?" in a name is written %3F. Default: no. */
  readonly query?: boolean;
}

/**
 * Parses a URL; what is not allowed in one, such as spaces, is encoded.
 * @throws {CommandError} where it is none, or one that no resource has
 */
export function parseRemoteUrl(typed: string, rules: RemoteUrlRules = {}): RemoteUrl {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:(?=\/\/)/.exec(typed)?.[0];
  if (scheme === undefined) {
    const hasHost = /^(?:[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::\d+)?(?:\/|$)/.test(typed);
    const rest = hasHost ? typed : "HOST/PATH";
    // On this machine servers are mostly tried without TLS.
    const isHere = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?:[:/]|$)/i.test(rest);
    const [first, other] = isHere ? ["http", "https"] : ["https", "http"];
    throw wrongUsage(
      `${shown(typed)} is no URL: write it as ${printable(`${first}://${rest}`)} (or ${other}://)`,
    );
  }
  const known = schemes[scheme.toLowerCase()];
  if (known === undefined)
    throw wrongUsage(`${shown(typed)}: ${scheme}// is not supported; use http:// or https://`);
  if (/[\u0000-\u001F\u007F]/.test(typed)) {
    throw wrongUsage(`${shown(typed)}: control characters are written %00 to %1F in a URL`);
  }
  let url: URL;
  try {
    url = new URL(known + typed.slice(scheme.length));
  } catch (cause) {
    throw wrongUsage(`${shown(typed)} is no URL`, cause);
  }
  if (url.hash !== "" || typed.includes("#")) {
    throw wrongUsage(`${shown(typed)}: a # in a name is written %23 in a URL`);
  }
  if (rules.query !== true && typed.includes("?")) {
    throw wrongUsage(`${shown(typed)}: a ? in a name is written %3F in a URL`);
  }
  const login = {
    ...(url.username === "" ? {} : { username: decoded(url.username) }),
    ...(url.password === "" ? {} : { password: decoded(url.password) }),
  };
  url.username = "";
  url.password = "";
  return { url, ...login };
}

/** Several of them; commander sees to it that there is at least one. */
export function parseRemoteUrls(typed: readonly string[]): readonly [RemoteUrl, ...RemoteUrl[]] {
  const [first = "", ...others] = typed;
  return [parseRemoteUrl(first), ...others.map((url) => parseRemoteUrl(url))];
}

/** Whether an argument is meant as a URL, and not as a local path. */
export function looksRemote(typed: string): boolean {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:(?=\/\/)/.exec(typed)?.[0];
  return scheme !== undefined && schemes[scheme.toLowerCase()] !== undefined;
}

/** The collection that the URL's resource is a member of; of a root that root. */
export function parentUrl(url: URL): URL {
  return new URL(url.pathname.endsWith("/") ? ".." : ".", url);
}

/** The deepest collection that all of them are members of, if not directly. */
export function commonParent(remotes: readonly [{ readonly url: URL }, ...{ readonly url: URL }[]]): URL {
  const [first, ...others] = remotes;
  const parents = others.map(({ url }) => ({ url: parentUrl(url) }));
  return commonCollection([{ url: parentUrl(first.url) }, ...parents]);
}

/** The URL with a slash at its end, as that of a collection. */
export function collectionUrl(url: URL): URL {
  if (url.pathname.endsWith("/")) return url;
  const collection = new URL(url);
  collection.pathname += "/";
  return collection;
}

/** The URL without a slash at its end, as that of a document. */
export function withoutSlash(url: URL): URL {
  const bare = new URL(url);
  bare.pathname = bare.pathname.replace(/\/+$/, "");
  return bare;
}

/** The last name of a URL's path, still encoded; of a root "". */
export function encodedName(url: URL): string {
  return url.pathname.replace(/\/$/, "").split("/").at(-1) ?? "";
}

/** The same for people; what is no UTF-8 stays encoded. */
export function nameOfUrl(url: URL): string {
  return decoded(encodedName(url));
}

/** A place as people read it: the decoded path. */
export function shownPath(url: URL): string {
  return printable(url.pathname.split("/").map(decoded).join("/"));
}

/** A URL that can be copied. */
export function shownUrl(url: URL): string {
  return printable(url.href);
}

/** The deepest collection that all of them are, or are in. */
export function commonCollection([{ url: first }, ...others]: readonly [
  { readonly url: URL },
  ...{ readonly url: URL }[],
]): URL {
  let common = new URL(".", first);
  for (const { url: other } of others) {
    while (!other.pathname.startsWith(common.pathname)) common = new URL("..", common);
  }
  return common;
}

/** Without a password that may stand in it. */
function shown(typed: string): string {
  return printable(JSON.stringify(typed.replace(/\/\/[^/@]*@/, "//")));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Octets that are no UTF-8: they are shown as they are written.
    return text;
  }
}
