import { ConnectionError } from "../error/connection-error.ts";
import { isForLater } from "./setback.ts";

/** @throws {ConnectionError} where the server, or somebody before it, is not ready (RFC 9110 §15.6.3 to §15.6.5) */
export function mustBeReady(response: Response): void {
  if (isForLater(response)) throw notNow(`the server is not ready: ${response.status}`);
}

/** Nothing can be said now: as good as a lost connection, after which it is asked again. */
export function notNow(message: string): ConnectionError {
  return new ConnectionError("lost", message, { mayHaveArrived: true });
}
