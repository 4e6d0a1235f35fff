/** The caller misused us: thrown at once. */
export function misuse(
  code: string,
  message: string,
  cause?: unknown,
): TypeError & { readonly code: string } {
  return Object.assign(new TypeError(message, cause === undefined ? undefined : { cause }), { code });
}
