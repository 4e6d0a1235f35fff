import { asCollection } from "../dav/place.ts";
import { ConnectionError } from "../error/connection-error.ts";
import { misuse } from "../error/misuse.ts";
import { isSafe } from "../send/outgoing.ts";
import type { Send, SendOptions } from "../send/send.ts";
import { realTimers, type Standing, startWaiting, type Timers, type Waiting } from "../send/waiting.ts";
import { pageLocation } from "./page-location.ts";
import { watchedContent } from "./watched-content.ts";
import { defaultLargestContentBytes, wholeContent } from "./whole-content.ts";

/** `fetch`, or what stands in for it. */
export type Fetch = (request: Request) => Promise<Response>;

/** What requests of browsers are sent with. */
export interface FetchOptions {
  /** The network. Default: the browser's `fetch`. */
  readonly fetch?: Fetch;
  /** Whether the browser adds its cookies and its own credentials, as in `fetch`. Default: "same-origin"; "omit" with credentials of ours. */
  readonly credentials?: "omit" | "same-origin" | "include";
  /**
   * Bytes of content that is no Blob or File already and that is gathered, for browsers send no streams over HTTP/1.1. Longer content is
   * refused with a TypeError (`ERR_CONTENT_TOO_LARGE`). Default: 512 MiB.
   */
  readonly largestContentBytes?: number;
  readonly timers?: Timers;
}

/** Content up to here leaves at once; how far longer content is, fetch does not tell. */
const unseenBytes = 64 * 1024;

/**
 * Sends requests by `fetch`, which shows no interim response, no bytes that are sent, and not why a request failed: it is
 * "lost" then, and may have arrived.
 *
 * `onSent` is called twice: with nothing, and with all of the content once there is a response that is a success.
 * `idleTimeoutMs` stands still until the response begins where the content is longer than 64 KiB.
 *
 * Redirections of safe requests are followed within the page's own origin, by the browser. All others would go, with the
 * fields meant for one server, to another that nobody sees before: they are not followed, and since browsers do not show
 * where they lead, the response is a 307 that does not say. To a collection's URL without its slash it names that with it.
 */
export function fetchSend(options: FetchOptions = {}): Send {
  const network: Fetch = options.fetch ?? ((request) => globalThis.fetch(request));
  return async (url, sendOptions = {}) => {
    const standing: Standing = { mayHaveArrived: false, interims: 0 };
    const waiting = startWaiting(sendOptions, standing, options.timers ?? realTimers);
    try {
      const { request, length } = await requestOf(url, sendOptions, options, waiting);
      waiting.signal.throwIfAborted();
      standing.mayHaveArrived = true;
      if (length > 0) sendOptions.onSent?.(0);
      if (length > unseenBytes) waiting.hold();
      const response = await answerTo(request, network, waiting);
      waiting.moved();
      if (length > 0 && response.ok) sendOptions.onSent?.(length);
      return finalResponse(response, url, request.method, waiting);
    } catch (error) {
      waiting.end();
      throw error;
    }
  };
}

/** @throws {TypeError} `ERR_REQUEST` for what fetch does not send at all, beside those of the content */
async function requestOf(
  url: URL,
  { method = "GET", headers, content }: SendOptions,
  { credentials = "same-origin", largestContentBytes = defaultLargestContentBytes }: FetchOptions,
  waiting: Waiting,
): Promise<{ readonly request: Request; readonly length: number }> {
  const body =
    content === undefined ? undefined : await wholeContent(content, largestContentBytes, waiting.signal);
  const follows = isSafe(method) && url.origin === pageLocation()?.origin;
  const init: RequestInit & { readonly cache: "no-store" } = {
    method,
    headers: new Headers(headers),
    ...(body === undefined ? {} : { body }),
    credentials,
    mode: follows ? "same-origin" : "cors",
    redirect: follows ? "follow" : "manual",
    // What is kept of resources that others change would be told as their state.
    cache: "no-store",
    signal: waiting.signal,
  };
  try {
    const request = new Request(url, init);
    return { request, length: body === undefined ? 0 : body instanceof Blob ? body.size : body.byteLength };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw misuse("ERR_REQUEST", `the request cannot be sent: ${why}`, cause);
  }
}

async function answerTo(request: Request, network: Fetch, waiting: Waiting): Promise<Response> {
  const over = new Promise<never>((_, reject) => {
    waiting.signal.addEventListener("abort", () => reject(waiting.signal.reason), { once: true });
  });
  try {
    return await Promise.race([network(request), over]);
  } catch (cause) {
    if (waiting.signal.aborted) throw waiting.signal.reason;
    throw lost(request.url, cause);
  }
}

/** Its content is read as it is wanted, and the time that it takes is watched. */
function finalResponse(response: Response, url: URL, method: string, waiting: Waiting): Response {
  if (response.type === "opaqueredirect") {
    waiting.end();
    return redirected(url, method);
  }
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  // The browser has unpacked it: the length was another.
  if (headers.has("content-encoding")) headers.delete("content-length");
  if (!(status >= 200 && status <= 599)) {
    throw new ConnectionError("malformed", `${status} is no status of a final response (RFC 9110 §15)`, {
      mayHaveArrived: true,
    });
  }
  const content = response.body;
  // RFC 9110 §6.4.1.
  const hasContent = content !== null && status !== 204 && status !== 205 && status !== 304;
  if (!hasContent) waiting.end();
  const body = hasContent ? watchedContent(content, waiting, (cause) => lost(url.href, cause)) : null;
  return at(response.url || url.href, new Response(body, { status, statusText, headers }));
}

function redirected(url: URL, method: string): Response {
  const headers = new Headers();
  const collection = asCollection(url);
  if (isSafe(method) && collection !== url) headers.set("Location", collection.href);
  return at(url.href, new Response(null, { status: 307, headers }));
}

function at(url: string, response: Response): Response {
  Object.defineProperty(response, "url", { value: url });
  return response;
}

function lost(url: string, cause: unknown): ConnectionError {
  const { host, origin } = new URL(url);
  const why = cause instanceof Error ? cause.message : String(cause);
  const page = pageLocation();
  const cors = page !== undefined && page.origin !== origin;
  const orCors = cors ? `, or ${host} does not let pages of ${page.origin} ask (CORS)` : "";
  return new ConnectionError("lost", `no complete response from ${host}: ${why}${orCors}`, {
    mayHaveArrived: true,
    cause,
  });
}
