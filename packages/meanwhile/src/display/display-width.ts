/** How many columns text takes in a terminal. */
import stringWidth from "string-width";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const plain = /^[\x20-\x7E]*$/;

/** Columns of printable text. */
export function displayWidth(text: string): number {
  return plain.test(text) ? text.length : stringWidth(text);
}

/** The text, if it fits, else its beginning and its end with `…` between them: names differ at their ends. */
export function shorten(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns <= 1) return columns === 1 ? "…" : "";
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  const before = taken(parts, Math.ceil((columns - 1) / 2));
  const after = taken(parts.toReversed(), columns - 1 - displayWidth(before.join("")));
  return `${before.join("")}…${after.toReversed().join("")}`;
}

/** The beginning of the text that fits. */
export function truncate(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns <= 0) return "";
  const parts = [...graphemes.segment(text)].map(({ segment }) => segment);
  return `${taken(parts, columns - 1).join("")}…`;
}

function taken(parts: readonly string[], columns: number): readonly string[] {
  let left = columns;
  const end = parts.findIndex((part) => {
    left -= displayWidth(part);
    return left < 0;
  });
  return end === -1 ? parts : parts.slice(0, end);
}
