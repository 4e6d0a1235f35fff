/** What clients have in common, on whatever platform. */

import { authenticatingSend } from "./auth/authenticating-send.ts";
import { type CredentialOptions, credentialsOf } from "./auth/credentials.ts";
import type { DigestTools } from "./auth/digest.ts";
import { notingLogins } from "./auth/login-refusal.ts";
import type { RunningHash } from "./dav/content/content-hash.ts";
import { createDavClient } from "./dav/create-dav-client.ts";
import type { DavClient } from "./dav/dav-client.ts";
import { Places } from "./dav/place.ts";
import { serverMemories } from "./operation/server-memory.ts";
import { startLongRequest } from "./operation/start-long-request.ts";
import { watchOperation } from "./operation/watch-operation.ts";
import type { Surroundings } from "./repeat/surroundings.ts";
import { backgroundRest, realSurroundings } from "./repeat/surroundings.ts";
import type { Patience, Send } from "./send/send.ts";

/** Options of clients on whatever platform. */
export interface CommonClientOptions
  extends CredentialOptions,
    Pick<Patience, "idleTimeoutMs" | "timeoutMs"> {
  /** Fields of every request to the base's origin, such as User-Agent. */
  readonly headers?: Headers | Readonly<Record<string, string>>;
  /** How requests reach the network, instead of our own way. `close()` does not close it. */
  readonly send?: Send;
  /** Time and chance, for tests. */
  readonly surroundings?: Surroundings;
}

export interface Network {
  readonly send: Send;
  /** It shows no interim responses: see `LongRequestContext`. Default: no. */
  readonly hidesInterims?: boolean;
  /** SHA-256. */
  readonly newHash: () => RunningHash;
  close(): Promise<void>;
}

/**
 * Makes a client.
 *
 * @throws {TypeError} `ERR_BASE`, `ERR_CREDENTIALS`
 */
export function clientOfParts(
  base: string | URL,
  options: CommonClientOptions,
  network: Network,
  digest?: DigestTools,
): DavClient {
  const known = credentialsOf(base, options);
  const places = new Places(known.base);
  const { origin } = places.base;
  const withFields = sendWithFields(network.send, origin, new Headers(options.headers));
  const { credentials } = known;
  // Where there is no Digest, only those who listen on the way are a reason to wait until the server asks.
  const basicAtOnce = digest === undefined && isPrivate(places.base);
  const send =
    credentials === undefined
      ? withFields
      : authenticatingSend(notingLogins(withFields, origin), { origin, credentials, digest, basicAtOnce });
  const { idleTimeoutMs, timeoutMs, surroundings } = options;
  return createDavClient({
    places,
    send,
    memoryOf: serverMemories(send, places.base),
    hidesInterims: network.hidesInterims === true,
    surroundings: surroundings ?? realSurroundings,
    startLongRequest,
    newHash: network.newHash,
    watchOperation,
    rest:
      surroundings === undefined
        ? backgroundRest
        : (milliseconds, signal) => surroundings.sleep(milliseconds, signal),
    patience: {
      ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    },
    close: () => network.close(),
  });
}

/** Whether nobody listens on the way: by TLS, or because it does not leave this machine. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
}

/** The client's own fields, which a request's own come before. They may be secrets, and go to no other origin. */
function sendWithFields(send: Send, origin: string, fields: Headers): Send {
  if ([...fields].length === 0) return send;
  return (url, options = {}) => {
    if (url.origin !== origin) return send(url, options);
    const headers = new Headers(fields);
    for (const [name, value] of new Headers(options.headers)) headers.set(name, value);
    return send(url, { ...options, headers });
  };
}
