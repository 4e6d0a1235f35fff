/** When a resource was last modified, as far as it may be told. */
import type { Resource } from "./store.ts";

/**
 * The moment for `Last-Modified` and DAV:getlastmodified, which are the same (RFC 4918 §15.7).
 *
 * "An origin server with a clock MUST NOT generate a Last-Modified date that is later than the server's time of
 * message origination" (RFC 9110 §8.8.2.1).
 */
export function lastModifiedMs(resource: Resource, nowMs: number): number {
  return Math.min(resource.modifiedMs, nowMs);
}
