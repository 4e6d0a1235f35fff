/** Waits for an operation, shows how far it is, and leaves or cancels it at Ctrl-C. */
import type { LongRequest, RequestProgress } from "@meanwhile/client";
import { newsOfRequest } from "../../display/work-news.ts";
import type { Session } from "../session.ts";
import { Leaving } from "./leaving.ts";

export interface Followed<Outcome> {
  readonly outcome: Outcome;
  /** The last that was heard of it. */
  readonly progress: RequestProgress | undefined;
  readonly elapsedMs: number;
}

export interface FollowOptions {
  /** Content is on its way first: there is nothing to come back to, before all of it is there. */
  readonly transfer?: boolean;
}

/**
 * Follows an operation to its end.
 *
 * @throws what the outcome rejects with; StoppedError where content was on its way, and the command was told to stop
 */
export async function follow<Outcome>(
  session: Session,
  request: LongRequest<Outcome>,
  label: string,
  { transfer = false }: FollowOptions = {},
): Promise<Followed<Outcome>> {
  const { terminal, report, stops } = session;
  const { timing } = terminal;
  // It may fail before somebody waits for it.
  request.outcome.catch(() => {});
  const startedMs = timing.now();
  let progress: RequestProgress | undefined;
  const display = await report.progress(label);
  const leaving = new Leaving({
    request,
    display,
    terminal,
    transferring: () => (progress === undefined ? transfer : progress.stage !== "processing"),
  });
  const forget = stops.dealWith(leaving.onStop);
  const shown = showNews();
  async function showNews(): Promise<void> {
    for await (const news of request.progress) {
      progress = news;
      display.show(newsOfRequest(news));
    }
  }
  try {
    const outcome = await request.outcome;
    await shown;
    return { outcome, progress, elapsedMs: timing.now() - startedMs };
  } catch (error) {
    session.leftBy = leaving.leftBy;
    throw leaving.stopped ?? error;
  } finally {
    leaving.end();
    forget();
    display.end();
  }
}
