/** How the transfer of a folder is told of. */
import type { FolderStep, FolderSummary } from "@meanwhile/sync";
import { formatCount, nameAmount } from "../../display/amounts.ts";
import { printable } from "../../display/printable.ts";
import { folderNotes } from "../../remote/explain/folder-notes.ts";
import type { FollowedFolder } from "../../remote/follow/follow-folder.ts";
import type { Session } from "../../remote/session.ts";
import { tookPhrase } from "../operation-result.ts";

/** @param done what was done to what: `uploaded photos to /photos/` */
export async function tellFolder(
  { report }: Session,
  done: string,
  followed: FollowedFolder,
  facts: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { summary, elapsedMs } = followed;
  for (const note of folderNotes(summary)) report.warn(note);
  const { transferred, bytes, skipped, created, deleted, steps } = summary;
  if (steps !== undefined) {
    for (const step of steps) await report.answer(stepLine(step), { type: "step", ...step });
    await report.done(`nothing was changed (--dry-run): ${nameAmount(steps.length, "steps")}`, {
      type: "outcome",
      action: "planned",
      ...facts,
      steps: steps.length,
    });
    return;
  }
  await report.done(`${done}: ${amounts(summary)}${tookPhrase({ elapsedMs })}`, {
    type: "outcome",
    action: "transferred",
    ...facts,
    transferred,
    bytes,
    skipped,
    created,
    deleted,
    ...(summary.renamed.length === 0 ? {} : { renamed: summary.renamed }),
    ...(summary.rewritten.length === 0 ? {} : { rewritten: summary.rewritten }),
    elapsedMs: Math.round(elapsedMs),
  });
}

function amounts({ transferred, bytes, skipped, deleted }: FolderSummary): string {
  return [
    `${nameFiles(transferred)} (${nameAmount(bytes, "bytes")})`,
    ...(skipped === 0 ? [] : [`${nameFiles(skipped)} the same already`]),
    ...(deleted === 0 ? [] : [`${nameAmount(deleted, "members")} deleted`]),
  ].join(", ");
}

function nameFiles(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "file" : "files"}`;
}

function stepLine({ action, path, bytes, replaces }: FolderStep): string {
  const size = bytes === undefined ? "" : ` (${nameAmount(bytes, "bytes")})`;
  return `${action.padEnd(17)}  ${printable(path)}${size}${replaces && action !== "delete" ? ", replacing" : ""}`;
}
