import { createDavClient } from "./dav/create-dav-client.ts";
import type { DavClient } from "./dav/dav-client.ts";
import { Places } from "./dav/place.ts";
import { createRequester } from "./http/requester.ts";
import type { RequesterOptions } from "./http/requester-options.ts";
import type { Send } from "./http/send.ts";
import { realSurroundings } from "./long-request/real-surroundings.ts";
import { serverMemory } from "./long-request/server-memory.ts";
import { startLongRequest } from "./long-request/start-long-request.ts";
import { watchOperation } from "./long-request/watch-operation.ts";

export interface ClientOptions extends RequesterOptions {
  /** Fields of every request, such as User-Agent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds; see Patience. For every call that does not say otherwise. */
  readonly idleTimeoutMs?: number;
  readonly timeoutMs?: number;
}

/** Makes a client for what is below a base URL. */
export function createClient(base: string | URL, options: ClientOptions = {}): DavClient {
  const places = new Places(base);
  const requester = createRequester(options);
  const send: Send = (url, sendOptions) => {
    const headers = new Headers(options.headers);
    for (const [name, value] of new Headers(sendOptions?.headers)) headers.set(name, value);
    return requester.send(url, { ...sendOptions, headers });
  };
  return createDavClient({
    places,
    send,
    memory: serverMemory(send, places.base),
    surroundings: realSurroundings,
    startLongRequest,
    watchOperation,
    rest: (milliseconds, signal) => realSurroundings.sleep(milliseconds, signal),
    patience: {
      ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    },
    close: () => requester.close(),
  });
}
