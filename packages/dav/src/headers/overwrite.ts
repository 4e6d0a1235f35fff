/** The `Overwrite` header (RFC 4918 §10.6). */
import { badRequest } from "../error.ts";

/**
 * Parses the `Overwrite` header (RFC 4918 §10.6).
 *
 * @returns whether a COPY or MOVE may replace its destination. An absent header means yes.
 * @throws {DavError} 400 if the value is neither `T` nor `F`
 */
export function parseOverwrite(value: string | undefined): boolean {
  // "If the overwrite header is not included in a COPY or MOVE request, then the resource MUST treat the request
  // as if it has an overwrite header of value "T"."
  if (value === undefined) return true;
  switch (value.trim().toUpperCase()) {
    case "T":
      return true;
    case "F":
      return false;
    default:
      throw badRequest("Overwrite must be T or F");
  }
}
