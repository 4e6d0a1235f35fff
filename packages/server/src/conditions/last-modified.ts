/** When a resource was last modified, as far as it may be told. */
import type { Resource } from "../store.ts";

/**
 * The one moment for `Last-Modified` and DAV:getlastmodified, which are the same (RFC 4918 §15.7), and for
 * the conditions that compare with it.
 *
 * "An origin server with a clock MUST NOT generate a Last-Modified date that is later than the server's time of
 * message origination" (RFC 9110 §8.8.2.1). So where the time that was set lies in the future, the time is told at which
 * the store changed the resource: it stays the same until the next change, as the present time would not.
 */
export function lastModifiedMs(resource: Resource, nowMs: number): number {
  const { modifiedMs, changedMs = nowMs } = resource;
  return modifiedMs <= nowMs ? modifiedMs : Math.min(changedMs, nowMs);
}
