/** URLs and origins as they are typed. */
import { wrongUsage } from "../command-error.ts";

/**
 * Parses how clients see the server: http or https, perhaps with a path, without a trailing slash.
 * @throws {CommandError} where it is anything else
 */
export function parseBaseUrl(option: string, value: string): string {
  const url = parseHttpUrl(value);
  if (url === undefined || url.search !== "" || url.hash !== "" || /[?#]/.test(value)) {
    throw wrongUsage(`${option} takes a URL such as https://files.example/dav, not ${JSON.stringify(value)}`);
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/**
 * Parses an origin that browsers may send (RFC 6454 §6.2), of any scheme (`app://obsidian.md`); `*` for any; or `null`,
 * which pages send that have none.
 * @throws {CommandError} where it is anything else
 */
export function parseOrigin(option: string, value: string): string {
  if (value === "*" || value === "null") return value;
  const http = /^https?:/i.test(value);
  const origin = http ? httpOrigin(value) : otherOrigin.exec(value)?.[1]?.toLowerCase();
  if (origin === undefined || origin.startsWith("file:")) {
    throw wrongUsage(
      `${option} takes an origin such as https://app.example or app://obsidian.md, or *, not ${JSON.stringify(value)}`,
    );
  }
  return origin;
}

/** Scheme, host and port; a slash at the end says nothing. Documents of files have the origin `null`. */
const otherOrigin = /^([a-z][a-z0-9+.-]*:\/\/[a-z0-9._~-]+(?::\d{1,5})?)\/?$/i;

function httpOrigin(value: string): string | undefined {
  const url = parseHttpUrl(value);
  if (url === undefined || url.pathname !== "/" || url.search !== "" || /[?#]/.test(value)) return undefined;
  return url.origin;
}

function parseHttpUrl(value: string): URL | undefined {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.username === "" && url.password === "" ? url : undefined;
}
