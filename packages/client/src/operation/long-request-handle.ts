import { CancelledError, DetachedError } from "../error/operation-error.ts";
import type { Patience } from "../send/send.ts";
import { askToStop } from "./ask-to-stop.ts";
import { endUpload } from "./course/upload-way.ts";
import type { LongRequest } from "./long-request.ts";
import type { LongRequestContext } from "./long-request-plan.ts";
import { LongWait } from "./long-wait.ts";

/** What the patience and the stage at the start of a long request are, and what is done for it. */
export interface LongRequestWork<Outcome> extends Patience {
  readonly stage: "sending" | "processing";
  run(wait: LongWait): Promise<Outcome>;
}

/** Starts the work, and makes what its caller holds. */
export function openLongRequest<Outcome>(
  context: LongRequestContext,
  work: LongRequestWork<Outcome>,
): LongRequest<Outcome> {
  const leaving = new AbortController();
  const wait = new LongWait(context, work, work.stage, leaving.signal);
  let settled = false;
  const leave = (reason: unknown): void => {
    if (!settled) leaving.abort(reason);
  };

  const outcome = new Promise<Outcome>((resolve, reject) => {
    const { signal } = work;
    const abort = (): void => leave(signal?.reason);
    const settle = (): void => {
      settled = true;
      signal?.removeEventListener("abort", abort);
      wait.report.news.end();
    };
    // Nobody waits for the network to notice that nobody waits.
    leaving.signal.addEventListener("abort", () => {
      settle();
      reject(leaving.signal.reason);
    });
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    if (settled) return;
    work.run(wait).then(
      (value) => {
        if (settled) return;
        settle();
        resolve(value);
      },
      (error: unknown) => {
        if (settled) return;
        settle();
        reject(error);
      },
    );
  });
  /** A caller that detached need not listen. */
  const expectEnd = (): void => void outcome.catch(() => undefined);

  return {
    progress: wait.report.news,
    outcome,
    get url() {
      return wait.url;
    },
    async cancel() {
      if (settled) return;
      expectEnd();
      if (wait.unfinished !== undefined) {
        // Nothing of it is in place, and nothing will be.
        leave(new CancelledError(undefined));
        return endUpload(context, wait.unfinished);
      }
      try {
        const { url } = wait;
        const asked = url !== undefined && (await askToStop(wait, url, () => settled));
        if (!asked) leave(new CancelledError(url));
      } catch (error) {
        // There is nothing left to stop.
        if (!settled) throw error;
      }
    },
    detach() {
      expectEnd();
      leave(new DetachedError(wait.url));
      return wait.url;
    },
  };
}
