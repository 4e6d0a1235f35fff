import { sha256 } from "@noble/hashes/sha2.js";
import { type CommonClientOptions, clientOfParts } from "../client-parts.ts";
import type { RunningHash } from "../dav/content/content-hash.ts";
import type { DavClient } from "../dav/dav-client.ts";
import { type FetchOptions, fetchSend } from "./fetch-send.ts";
import { fewEventStreams } from "./few-event-streams.ts";
import { pageLocation } from "./page-location.ts";

export interface BrowserClientOptions extends FetchOptions, CommonClientOptions {}

/**
 * Makes a client for what is below a base URL, which may be relative to the page. User information in the URL is taken as
 * credentials, and goes nowhere else.
 *
 * Name and password are for Basic, a token for Bearer. Digest, cookies and client certificates are the browser's own: it
 * adds them where none of those is given, to the page's own origin or as `credentials` says.
 *
 * @throws {TypeError} `ERR_BASE` if the base is no http(s) URL, or has a query or a fragment; `ERR_CREDENTIALS` for
 *   credentials that contradict each other or cannot be sent
 */
export function createClient(base: string | URL, options: BrowserClientOptions = {}): DavClient {
  const here = pageLocation()?.href;
  const resolved = URL.canParse(String(base), here) ? new URL(String(base), here) : base;
  const isNamed =
    options.username !== undefined ||
    options.token !== undefined ||
    (resolved instanceof URL && resolved.username !== "");
  // Else browsers answer a 401 with a dialog of their own.
  const network = fetchSend(isNamed ? { credentials: "omit", ...options } : options);
  const send = options.send ?? fewEventStreams(network);
  return clientOfParts(resolved, options, {
    send,
    close: async () => undefined,
    hidesInterims: true,
    newHash: scriptHash,
  });
}

/** SHA-256 in script: what browsers have themselves takes all of the content at once. */
export const scriptHash = (): RunningHash => running(sha256.create());

function running(hash: ReturnType<typeof sha256.create>): RunningHash {
  return {
    update: (bytes) => void hash.update(bytes),
    copy: () => running(hash.clone()),
    digest: () => hash.digest(),
  };
}
