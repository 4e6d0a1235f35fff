/** What an upload has that goes another way than in one request. */

import { policies } from "../../repeat/policies.ts";
import { Repeating } from "../../repeat/repeating.ts";
import { isPassing, type Setback, setbackOf } from "../../repeat/setback.ts";
import { abandon } from "../../send/received-content.ts";
import type { LongRequestContext, UnfinishedUpload, UploadExchange } from "../long-request-plan.ts";
import { type LongWait, NoSignOfLife } from "../long-wait.ts";

/** An exchange whose losses are handled as those of an upload that goes on. */
export function uploadExchange(
  wait: LongWait,
  parts: Pick<UploadExchange, "headers" | "long" | "onSent" | "resumed">,
): UploadExchange {
  const repeating = new Repeating(policies.upload);
  return {
    ...parts,
    send: (url, options) => wait.send(url, options),
    unfinished(upload) {
      wait.unfinished = upload;
    },
    alive() {
      wait.alive();
      repeating.news();
    },
    async comeBack(error) {
      if (wait.signal.aborted) throw wait.signal.reason;
      if (!isPassing(error)) throw error;
      const setback: Setback = setbackOf(error);
      if (repeating.judge(setback).kind !== "again") throw error;
      try {
        await wait.comeBack(setback);
      } catch (given) {
        throw given instanceof NoSignOfLife ? error : given;
      }
    },
  };
}

/** Ends an upload that nobody waits for any more. Where its server cannot be asked, it expires there. */
export async function endUpload(
  context: LongRequestContext,
  { url, headers, forget }: UnfinishedUpload,
): Promise<void> {
  const repeating = new Repeating(policies.stopping, context);
  await forget();
  try {
    for (;;) {
      const setback = await context
        .send(url, { method: "DELETE", headers, idleTimeoutMs: patienceMs })
        .then(abandon, setbackOf);
      if (setback === undefined) return;
      await repeating.after(setback);
    }
  } catch {
    // It was asked often enough.
  }
}

const patienceMs = 30_000;
