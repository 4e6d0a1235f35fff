/** Fields of the requests that a long request consists of. */
import { parsePrefer } from "@meanwhile/interim/fields";
import type { ServerMemory } from "../server-memory.ts";

/** Seconds after which a server that can be followed by its status document had better say where that is. */
const patientSeconds = 1;

/**
 * How the client would like to be answered, added to what the caller prefers (RFC 7240): by interim responses; or,
 * where those do not come through or the connection was lost before, and the server has said that it has operations, by
 * a 202 that tells where to follow it.
 */
export function prefer(
  own: string | null,
  { interimsBreak, hasOperations }: Pick<ServerMemory, "interimsBreak" | "hasOperations">,
  { safe, again }: { readonly safe: boolean; readonly again: boolean },
): string | undefined {
  const asked = parsePrefer(own ?? undefined);
  const wishes = own === null || own.trim() === "" ? [] : [own];
  const asynchronous = !safe && hasOperations === true && (interimsBreak || again);
  if (asynchronous && !asked.respondAsync) {
    wishes.push("respond-async");
    if (asked.waitSeconds === undefined) wishes.push(`wait=${patientSeconds}`);
  } else if (!asynchronous && !interimsBreak && !asked.processing) wishes.push("processing");
  return wishes.length === 0 ? undefined : wishes.join(", ");
}

/** Fields that say something about one request, its content, or the answer that is wanted. */
const ofTheRequest =
  /^(?:accept|accept-(?!language$).*|content-.*|if|if-.*|depth|destination|overwrite|lock-token|timeout|prefer|expect|range|te|idempotency-key|x-oc-.*|oc-.*|x-update-range|x-http-method-override|(?:repr-|want-)?digest)$/;

/**
 * The fields by which a server knows who asks: all but those about the request itself. They go to the operation's
 * status document, too, which is on the same origin.
 */
export function identityOf(headers: Headers): Headers {
  return new Headers([...headers].filter(([name]) => !ofTheRequest.test(name)));
}
