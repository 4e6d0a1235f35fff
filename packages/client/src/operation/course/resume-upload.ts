/** Going on with content of which a part arrived, to servers that take the rest alone. */

import { policies } from "../../repeat/policies.ts";
import { Repeating } from "../../repeat/repeating.ts";
import { isPassing, setbackOf } from "../../repeat/setback.ts";
import type { ResumeUpload } from "../long-request-plan.ts";
import type { LongWait } from "../long-wait.ts";

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
