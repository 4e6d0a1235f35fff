/** What is told in place of a response that is not kept whole. */
import type { Outcome } from "@meanwhile/operations";

export interface MissingContent {
  readonly title: string;
  /** Members of the problem document beside its own (RFC 9457 §3.2). */
  readonly more: Readonly<Record<string, unknown>>;
}

/**
 * @param operation the URL of the status document, which says what became of the request
 * @returns undefined where the response is there
 */
export function missingContent(
  { status, truncated, forgotten }: Outcome,
  operation: string | undefined,
): MissingContent | undefined {
  if (!truncated && !forgotten) return undefined;
  const why =
    truncated && !forgotten ? "was too large to be kept" : "holds secrets and is not kept any longer";
  return {
    title: `The request was carried out and ended with ${status}; its response ${why}.`,
    more: { outcome: { status }, ...(operation === undefined ? {} : { operation }) },
  };
}
