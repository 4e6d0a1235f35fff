/** Which methods a resource knows: the value of `Allow` (RFC 9110 §10.2.1). */
import type { ResourcePath } from "@meanwhile/dav/path";
import type { Resource } from "./store.ts";

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
 * The methods of what is at a path now.
 *
 * @param resource undefined where nothing is: PUT, MKCOL and LOCK create something there (RFC 4918 §7.3, §9.3, §9.7)
 * @param writable whether the principal may change it
 */
export function allowedMethods(
  path: ResourcePath,
  resource: Resource | undefined,
  writable: boolean,
): readonly string[] {
  if (resource === undefined) return writable ? ["OPTIONS", "PUT", "MKCOL", ...locking] : ["OPTIONS"];
  if (!writable) return [...reading, "COPY"];
  const methods = [...reading, "COPY", "PROPPATCH", ...locking];
  if (resource.kind === "document") methods.push("PUT");
  // The root of a tree always is.
  if (path !== "/") methods.push("DELETE", "MOVE");
  return methods;
}
