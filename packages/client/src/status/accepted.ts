/** Where to follow an operation that was answered with 202 (RFC 9110 §15.3.3). */
import type { MonitorKind } from "./monitor.ts";
import { ownReference } from "./own-reference.ts";

export interface Monitor {
  readonly url: URL;
  readonly expected: MonitorKind;
}

/**
 * The representation of a 202 "ought to describe the request's current status and point to (or embed) a status monitor":
 * servers do that in one of these fields. What points to another origin, or to the target itself, is not followed.
 */
export function monitorOf({ headers }: Response, base: URL): Monitor | undefined {
  for (const [name, expected] of fields) {
    const url = ownReference(headers.get(name), base);
    if (url !== undefined && url.href !== base.href) return { url, expected };
  }
  return undefined;
}

/** The first that is there counts. Whoever says `Operation-Location` may mean the result by `Location`. */
const fields: readonly (readonly [name: string, expected: MonitorKind])[] = [
  ["operation-location", "job"],
  ["location", "anything"],
  ["oc-jobstatus-location", "job"],
  ["content-location", "anything"],
];
