/** Files with one entry a line: empty lines and those that begin with # say nothing. */

export interface TextLine {
  /** Counted from one. */
  readonly number: number;
  readonly text: string;
}

/** The lines that say something, without the white space at their ends. */
export function textLines(content: string): readonly TextLine[] {
  return content
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .map((text, index) => ({ number: index + 1, text: text.trim() }))
    .filter(({ text }) => text !== "" && !text.startsWith("#"));
}

/** What is wrong with a line; whoever reads the file puts the file's name before it. */
export class LineError extends Error {
  override readonly name = "LineError";

  constructor(line: number, problem: string) {
    super(`line ${line}: ${problem}`);
  }
}
