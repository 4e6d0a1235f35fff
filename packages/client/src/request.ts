/** Requests whose interim responses are seen. */

import { misuse } from "./error/misuse.ts";
import { isSafe } from "./send/outgoing.ts";
import { createRequester, type Requester } from "./send/requester.ts";
import type { SendOptions } from "./send/send.ts";

export { ConnectionError, type ConnectionErrorCode } from "./error/connection-error.ts";
export type { TlsOptions } from "./send/connections/dial.ts";
export type { RequesterOptions } from "./send/connections/origin.ts";
export { createRequester, type Requester } from "./send/requester.ts";
export type {
  InterimResponse,
  Patience,
  RepeatableContent,
  RequestContent,
  Send,
  SendOptions,
} from "./send/send.ts";

export interface RequestOptions extends SendOptions {
  /**
   * What a redirection of a safe request (GET, HEAD, OPTIONS, PROPFIND, REPORT, SEARCH) leads to, as in fetch:
   * "follow" (the default; 20 at most), "manual" (it is the response), "error". Other requests are never sent
   * elsewhere: a redirection is their response.
   */
  readonly redirect?: "follow" | "manual" | "error";
  /** What sends it. Default: one for all, with default options. */
  readonly requester?: Requester;
}

/**
 * Sends a request: `fetch` for those who want to see interim responses (`onInterim`), and who decide themselves how
 * long to wait.
 *
 * @returns the final response, whatever its status; `url` tells where it came from. Its body holds the connection:
 * read it, or
 *   cancel it
 * @throws {ConnectionError} where there is no complete response
 */
export async function request(url: string | URL, options: RequestOptions = {}): Promise<Response> {
  const { redirect = "follow", requester = ownRequester(), ...sendOptions } = options;
  const { method = "GET" } = sendOptions;
  let target = new URL(url);
  let headers = new Headers(sendOptions.headers as Record<string, string> | undefined);
  for (let followed = 0; ; followed += 1) {
    const response = await requester.send(target, { ...sendOptions, headers });
    const location = response.headers.get("location");
    if (!redirections.has(response.status) || location === null || !isSafe(method)) return response;
    if (redirect === "manual") return response;
    await response.body?.cancel();
    if (redirect === "error") throw redirected(`${method} ${target.pathname} was redirected`);
    if (followed === mostRedirections) throw redirected(`more than ${mostRedirections} redirections`);
    const next = readLocation(location, target);
    if (next.origin !== target.origin) headers = withoutCredentials(headers);
    target = next;
  }
}

/** Fetch's own limit. */
const mostRedirections = 20;

/** RFC 9110 §15.4. 300 names choices and 304 is none. */
const redirections: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

let shared: Requester | undefined;

function ownRequester(): Requester {
  shared ??= createRequester();
  return shared;
}

function readLocation(location: string, base: URL): URL {
  let url: URL;
  try {
    url = new URL(location, base);
  } catch (cause) {
    throw redirected("a redirection has no valid URL", cause);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw redirected(`a redirection leads to ${url.protocol}`);
  // RFC 9110 §10.2.2: the fragment of the URL asked for is kept; it is not sent, so it is of no interest here.
  return url;
}

/** RFC 9110 §15.4: fields that were meant for the first server are not for the second. */
function withoutCredentials(headers: Headers): Headers {
  const rest = new Headers(headers);
  for (const name of ["authorization", "cookie", "idempotency-key", "if", "lock-token"]) rest.delete(name);
  return rest;
}

function redirected(message: string, cause?: unknown): TypeError {
  return misuse("ERR_REDIRECT", message, cause);
}
