/** Text that others chose, such as names and what a server says, made harmless for the terminal. */

/**
 * Control characters, which move the cursor, change the title or worse; characters that turn the direction of writing;
 * line separators; halves of surrogate pairs; and what nobody sees. (Joiners stay: emoji and many scripts need them.)
 */
const harmful =
  /[\u0000-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;
const everyHarmful = new RegExp(harmful, "g");

/** The text as it may be shown in one line: what would do harm stands as `\n`, `\x1b` or `\u202e`. */
export function printable(text: string): string {
  if (!harmful.test(text)) return text;
  // So that a name with an escape in it differs from one that only looks like that.
  return text.replaceAll("\\", "\\\\").replace(everyHarmful, escaped);
}

/** Like `JSON.stringify`, in one line that is harmless for the terminal too. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    everyHarmful,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Text of a server in a few words: white space folded, at most so many characters. */
export function summary(text: string, length = 300): string {
  const folded = printable(text.replace(/\s+/g, " ").trim());
  return folded.length <= length ? folded : `${folded.slice(0, length - 1)}…`;
}

function escaped(character: string): string {
  switch (character) {
    case "\n":
      return "\\n";
    case "\r":
      return "\\r";
    case "\t":
      return "\\t";
    default: {
      const code = character.charCodeAt(0);
      return code <= 0xff
        ? `\\x${code.toString(16).padStart(2, "0")}`
        : `\\u${code.toString(16).padStart(4, "0")}`;
    }
  }
}
