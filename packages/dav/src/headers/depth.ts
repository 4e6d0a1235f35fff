/** The `Depth` header (RFC 4918 §10.2). */
import { badRequest } from "../error.ts";

/** RFC 4918 §10.2. */
export type Depth = "0" | "1" | "infinity";

/**
 * Parses the `Depth` header of a method that knows only some depths (RFC 4918 §10.2).
 *
 * @param rule what an absent header means to the method, and which depths it knows
 * @throws {DavError} 400 for any other value. "Infinity" may be written in any case.
 */
export function parseDepth<A extends Depth>(
  value: string | undefined,
  rule: { readonly absent: A; readonly allowed: readonly A[] },
): A {
  if (value === undefined) return rule.absent;
  const wanted = value.trim().toLowerCase();
  const depth = rule.allowed.find((allowed) => allowed === wanted);
  if (depth === undefined) throw badRequest(`this method's Depth must be ${rule.allowed.join(" or ")}`);
  return depth;
}
