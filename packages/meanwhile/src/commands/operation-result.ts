/** How the end of an operation is told. */
import { formatTime } from "../display/amounts.ts";
import type { Fact } from "../display/report.ts";
import type { Followed } from "../remote/follow/follow.ts";

/** Milliseconds; what was quicker needs no word about it. */
const worthTellingMs = 1000;

/** ` in 0:12`, if it took long. */
export function tookPhrase({ elapsedMs }: Pick<Followed<unknown>, "elapsedMs">): string {
  return elapsedMs < worthTellingMs ? "" : ` in ${formatTime(elapsedMs)}`;
}

/**
 * What to say that was done. A 202 that leads nowhere is no success yet: "there is no facility in HTTP for re-sending a
 * status code from an asynchronous operation" (RFC 9110 §15.3.3).
 */
export function doneOrAccepted(
  status: number,
  done: string,
  phrase: string,
): { readonly action: string; readonly text: string } {
  if (status !== 202) return { action: done, text: `${done} ${phrase}` };
  return {
    action: "accepted",
    text: `accepted, but the server does not tell whether it is done already: ${done} ${phrase}`,
  };
}

/** The object for machines that ends an operation. */
export function operationFact(
  action: string,
  facts: Readonly<Record<string, unknown>>,
  { progress, elapsedMs }: Followed<unknown>,
): Fact {
  const counted = progress?.stage === "processing" && progress.total !== undefined ? progress : undefined;
  return {
    type: "outcome",
    action,
    ...facts,
    ...(counted === undefined ? {} : { done: counted.done, total: counted.total }),
    elapsedMs: Math.round(elapsedMs),
  };
}
