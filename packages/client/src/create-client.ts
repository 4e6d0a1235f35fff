import { type CommonClientOptions, clientOfParts } from "./client-parts.ts";
import type { DavClient } from "./dav/dav-client.ts";
import { nodeDigest, nodeHash } from "./node-crypto.ts";
import type { RequesterOptions } from "./send/connections/origin.ts";
import { createRequester } from "./send/requester.ts";

export interface ClientOptions extends RequesterOptions, CommonClientOptions {}

/**
 * Makes a client for what is below a base URL. User information in the URL is taken as credentials, and goes nowhere else.
 *
 * @throws {TypeError} `ERR_BASE` if the base is no http(s) URL, or has a query or a fragment; `ERR_CREDENTIALS` for
 *   credentials that contradict each other or cannot be sent
 */
export function createClient(base: string | URL, options: ClientOptions = {}): DavClient {
  const { send } = options;
  const network = send === undefined ? createRequester(options) : { send, close: async () => undefined };
  return clientOfParts(base, options, { ...network, newHash: nodeHash }, nodeDigest);
}
