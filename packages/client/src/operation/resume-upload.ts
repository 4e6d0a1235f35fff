/** Going on with content of which a part arrived, to servers that take the rest alone. */

import { policies } from "../repeat/policies.ts";
import { Repeating } from "../repeat/repeating.ts";
import { isPassing, setbackOf } from "../repeat/setback.ts";
import type { Patience, SendOptions } from "../send/send.ts";
import type { LongWait } from "./long-wait.ts";

/** An upload whose connection was lost. */
export interface LostUpload {
  /** Bytes of the content that were sent at most, so no more of ours can have arrived. */
  readonly sent: number;
  /**
   * One exchange, with what is left of the patience.
   *
   * @throws {ConnectionError} where there is no final response
   */
  send(url: URL, options: Omit<SendOptions, keyof Patience>): Promise<Response>;
  /** So many bytes of the content, counted from its beginning, are on their way now. */
  onSent(bytes: number): void;
  /** More was achieved than ever before: trying begins anew. */
  alive(): void;
}

/**
 * Looks at what is there, and sends the rest.
 *
 * @returns the final response; undefined where nothing is there that could be gone on with
 * @throws {ConnectionError} where that was lost, too, and another look may find more
 */
export type ResumeUpload = (lost: LostUpload) => Promise<Response | undefined>;

/**
 * Resumes as long as that gets on.
 *
 * @throws {NoSignOfLife} where there was none for too long
 */
export async function resumeUpload(
  wait: LongWait,
  resume: ResumeUpload,
  loss: unknown,
  sent: { most(): number; note(bytes: number): void },
): Promise<Response | undefined> {
  const repeating = new Repeating(policies.upload);
  for (let cause = loss; ; ) {
    if (repeating.judge(setbackOf(cause)).kind !== "again") return undefined;
    await wait.comeBack(setbackOf(cause));
    try {
      return await resume({
        sent: sent.most(),
        send: (url, options) => wait.send(url, options),
        onSent: (bytes) => sent.note(bytes),
        alive() {
          wait.alive();
          repeating.news();
        },
      });
    } catch (error) {
      if (wait.signal.aborted) throw wait.signal.reason;
      if (!isPassing(error)) throw error;
      cause = error;
    }
  }
}
