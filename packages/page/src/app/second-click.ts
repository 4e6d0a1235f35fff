/**
 * Whether a click is the second one of a double click, or more: it was meant for what was there at the first, and not for what came
 * in its place.
 */
export function isSecondClick({ detail }: Pick<MouseEvent, "detail">): boolean {
  return detail > 1;
}
