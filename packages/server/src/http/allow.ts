/** Which methods a resource knows: the value of `Allow` (RFC 9110 §10.2.1). */
import type { Resource } from "../store.ts";

const reading = ["OPTIONS", "GET", "HEAD", "PROPFIND"];
const locking = ["LOCK", "UNLOCK"];

/** Every method that the server knows. */
export const allMethods: readonly string[] = [
  ...reading,
  "PUT",
  "DELETE",
  "MKCOL",
  "COPY",
  "MOVE",
  "PROPPATCH",
  ...locking,
];

/**
 * The methods that a principal may use at what is at a path now.
 *
 * Of a collection these are all, those of its members too: clients read `Allow` of a share's root to learn whether they
 * may write at all, and stay read-only where PUT, MKCOL or DELETE is not in it.
 *
 * @param resource undefined where nothing is: PUT, MKCOL and LOCK create something there (RFC 4918 §7.3, §9.3, §9.7)
 * @param writable whether the principal may change it
 */
export function allowedMethods(resource: Resource | undefined, writable: boolean): readonly string[] {
  if (resource === undefined) return writable ? ["OPTIONS", "PUT", "MKCOL", ...locking] : ["OPTIONS"];
  if (!writable) return [...reading, "COPY"];
  return resource.kind === "collection" ? allMethods : allMethods.filter((method) => method !== "MKCOL");
}
