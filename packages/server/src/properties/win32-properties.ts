/** What Windows sets on each document that it writes: times and attributes in a namespace of its own. */
import type { PropertyChange } from "@meanwhile/dav";
import { nameOfChange } from "./requested-time.ts";

const win32Namespace = "urn:schemas-microsoft-com:";

/**
 * Whether a PROPPATCH may pass without the token of a lock that its own principal holds: it only sets or removes
 * Windows' own properties, as Office does.
 */
export function isToleratedWhileLocked(changes: readonly PropertyChange[]): boolean {
  return changes.length > 0 && changes.every((change) => nameOfChange(change).namespace === win32Namespace);
}
