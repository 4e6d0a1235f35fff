/** What is to be said of the transfer of a folder besides its end, whether it went well or not. */
import type { FolderSummary } from "@meanwhile/sync";
import { nameAmount } from "../../display/amounts.ts";
import { summary as inShort, printable } from "../../display/printable.ts";

/** Each in a line. */
export function folderNotes({ ignored, renamed, rewritten, stateError }: FolderSummary): readonly string[] {
  const notes = ignored.map(
    ({ path, error }) => `${printable(path)} was left alone: ${inShort(error.message)}`,
  );
  for (const { path, name } of renamed) {
    const [ours, theirs] = [path, name].map((text) => printable(JSON.stringify(text)));
    notes.push(`${ours} is listed as ${theirs}, and is taken for the same from now on`);
  }
  for (const { path, sent, stored } of rewritten) {
    const much = `${nameAmount(stored, "bytes")} of the ${nameAmount(sent, "bytes")} that it was sent`;
    notes.push(
      `${printable(path)}: the server stored ${much}; it changes content, and that is taken for the same from now on`,
    );
  }
  if (stateError === undefined) return notes;
  const why = inShort(stateError.message);
  return [
    ...notes,
    `what was transferred could not be noted (${why}): the next time compares sizes and dates`,
  ];
}
