/** Where status documents live, as it is typed. */
import { DavError, encodePath, parsePath } from "@meanwhile/dav";
import { wrongUsage } from "../command-error.ts";

/**
 * Parses the path of a collection in a URL: percent-encoded, beginning with a slash, not the root. It is made to end in
 * one.
 * @throws {CommandError} where it is anything else
 */
export function parseOperationsPath(option: string, value: string): string {
  const path = collectionPath(value);
  if (path === undefined) {
    throw wrongUsage(`${option} takes a path such as /.meanwhile/operations/, not ${JSON.stringify(value)}`);
  }
  return path;
}

function collectionPath(value: string): string | undefined {
  // What a request's target cannot have either (RFC 9112 §3.2).
  if (!/^\/[\x21-\x7e]*$/.test(value) || /[?#]/.test(value)) return undefined;
  try {
    const path = parsePath(value);
    return path === "/" ? undefined : encodePath(path, true);
  } catch (error) {
    if (error instanceof DavError) return undefined;
    throw error;
  }
}
