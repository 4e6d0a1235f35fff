/** Which representation a client likes best (RFC 9110 §12.5.1). */

/** Longest field that is read, in characters; a longer one counts as none. */
const longestField = 4096;

/**
 * The offered media type with the highest weight; among equals the one that is offered first. Where none is
 * acceptable, the first: RFC 9110 §12.4.1 lets a server disregard the field rather than answer 406.
 *
 * @param offered media types in lower case, without parameters, the most favoured first
 */
export function preferredType<Type extends string>(
  accept: string | undefined,
  offered: readonly [Type, ...Type[]],
): Type {
  if (accept === undefined || accept.length > longestField) return offered[0];
  const ranges = accept.split(",").map(parseRange);
  let best: Type = offered[0];
  let weight = 0;
  for (const type of offered) {
    const own = weightOf(type, ranges);
    if (own > weight) [best, weight] = [type, own];
  }
  return best;
}

/** Whether a page for people is liked better than anything else: browsers say so when they are to show a document. */
export function prefersHtml(accept: string | undefined): boolean {
  return preferredType(accept, ["text/plain", "text/html"]) === "text/html";
}

interface MediaRange {
  readonly range: string;
  readonly weight: number;
}

function parseRange(text: string): MediaRange {
  const [range = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  if (q === undefined) return { range, weight: 1 };
  // RFC 9110 §12.4.2: at most three digits after the point. What is malformed is not wanted.
  return { range, weight: /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0 };
}

/** "Media ranges can be overridden by more specific media ranges" (§12.5.1). */
function weightOf(type: string, ranges: readonly MediaRange[]): number {
  const [main = ""] = type.split("/");
  for (const candidate of [type, `${main}/*`, "*/*"]) {
    const found = ranges.filter(({ range }) => range === candidate);
    if (found.length > 0) return Math.max(...found.map(({ weight }) => weight));
  }
  return 0;
}
