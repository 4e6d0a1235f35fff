/** Waits for a transfer between this machine and a server, shows how far it is, and stops it at Ctrl-C. */
import type { FolderProgress, FolderSummary, FolderWork } from "@meanwhile/sync";
import type { WorkNews } from "../../display/work-news.ts";
import type { Session } from "../session.ts";
import { StoppedError, stopCode } from "./stops.ts";

export interface FollowedFolder {
  readonly summary: FolderSummary;
  readonly elapsedMs: number;
}

/**
 * Follows it to its end. Ctrl-C ends what is under way; doing the same again goes on from there. A second one ends the
 * process.
 *
 * @throws {StoppedError} after that; else what the outcome rejects with
 */
export async function followFolder(
  session: Session,
  work: FolderWork,
  label: string,
): Promise<FollowedFolder> {
  const { terminal, report, stops } = session;
  const { timing } = terminal;
  work.outcome.catch(() => {});
  const startedMs = timing.now();
  let stopped: StoppedError | undefined;
  const forget = stops.dealWith((signal) => {
    if (stopped !== undefined) return terminal.exit(stopCode(signal));
    stopped = new StoppedError(signal);
    void work.cancel().catch(() => {});
  });
  const display = await report.progress(label);
  const shown = showNews();
  async function showNews(): Promise<void> {
    for await (const progress of work.progress) display.show(newsOfFolder(progress));
  }
  try {
    const summary = await work.outcome;
    await shown;
    return { summary, elapsedMs: timing.now() - startedMs };
  } catch (error) {
    throw stopped ?? error;
  } finally {
    forget();
    display.end();
  }
}

/** The progress of a folder's transfer, as it is displayed. */
function newsOfFolder(progress: FolderProgress): WorkNews {
  const { stage, documents, bytes, compared, deleted, failures, current, processing } = progress;
  const [present] = current;
  const common = {
    stage,
    failures,
    active: current.length,
    ...(present === undefined ? {} : { remark: present }),
  };
  switch (stage) {
    case "listing":
      return { ...common, unit: "members", done: compared, remark: "comparing" };
    case "transferring":
      return { ...common, unit: "bytes", ...bytes, beside: { unit: "documents", ...documents } };
    case "deleting":
      return {
        ...common,
        unit: "members",
        ...deleted,
        ...(processing === undefined ? {} : { beside: { unit: "members", ...processing } }),
      };
  }
}
