/** How many columns text takes in a terminal. */

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const plain = /^[\x20-\x7E]*$/;
/** What East Asian fonts and emoji draw twice as wide (UAX #11), in its great blocks. */
const wide =
  /^[\u1100-\u115F\u231A\u231B\u2329\u232A\u23E9-\u23EC\u23F0\u23F3\u25FD\u25FE\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE10-\uFE19\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{16FE0}-\u{18DFF}\u{1AFF0}-\u{1B2FF}\u{1F004}\u{1F0CF}\u{1F18E}-\u{1F1FF}\u{1F200}-\u{1F2FF}\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}\u{1F7E0}-\u{1F7EB}\u{1F900}-\u{1FAFF}\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\uFE0F/u;
const nothing = /^[\p{Mark}\u200D]+$/u;

/** Columns of printable text. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += widthOf(segment);
  return width;
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
    left -= widthOf(part);
    return left < 0;
  });
  return end === -1 ? parts : parts.slice(0, end);
}

function widthOf(grapheme: string): number {
  if (nothing.test(grapheme)) return 0;
  return wide.test(grapheme) || grapheme.includes("\uFE0F") ? 2 : 1;
}
