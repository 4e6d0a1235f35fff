/** Requests that came over no connection, as `app.inject` of Fastify makes them by light-my-request. */
import type { AnyRequest, AnyResponse } from "@meanwhile/interim";

/** Whether nothing but the response itself takes what is written: it cannot be taken off a connection. */
export function isInjected(response: AnyResponse): boolean {
  return (response as { readonly isLightMyRequest?: unknown }).isLightMyRequest === true;
}

/** Lets such a request say when it was received to its end, as those of node:http do. */
export function tellComplete(request: AnyRequest): void {
  let isComplete = false;
  const { push } = request;
  request.push = (piece: unknown, encoding?: BufferEncoding): boolean => {
    isComplete ||= piece === null && !request.destroyed;
    return push.call(request, piece, encoding);
  };
  Object.defineProperty(request, "complete", { configurable: true, get: () => isComplete });
}
