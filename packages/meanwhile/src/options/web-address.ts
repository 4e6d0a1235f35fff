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
 * Parses an origin that browsers may send (RFC 6454 §6.2), or `*` for any.
 * @throws {CommandError} where it is anything else
 */
export function parseOrigin(option: string, value: string): string {
  if (value === "*") return value;
  const url = parseHttpUrl(value);
  if (
    url === undefined ||
    url.pathname !== "/" ||
    url.search !== "" ||
    url.hash !== "" ||
    /[?#]/.test(value)
  ) {
    throw wrongUsage(
      `${option} takes an origin such as https://app.example, or *, not ${JSON.stringify(value)}`,
    );
  }
  return url.origin;
}

function parseHttpUrl(value: string): URL | undefined {
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
  const url = new URL(value);
  return url.username === "" && url.password === "" ? url : undefined;
}
