/** Asks a server to stop an operation: POST to where its status document says. */
import { policies } from "../repeat/policies.ts";
import { Repeating } from "../repeat/repeating.ts";
import { isForLater, notReady, type Setback, setbackOf } from "../repeat/setback.ts";
import { abandon, boundedText } from "../send/received-content.ts";
import { ownReference } from "../status/own-reference.ts";
import { refusal } from "../status/refusal.ts";
import { longestDocument, readStatusDocument } from "../status/status-document.ts";
import type { LongWait } from "./long-wait.ts";

/**
 * Reads the status document, and sends a POST to the `cancel` that it names: asked twice, it does no more than once.
 *
 * @param over whether the outcome is there meanwhile
 * @returns whether the operation is asked, or has ended; false where `url` is no status document, or names no such place
 * @throws {HttpError} where the server refuses
 * @throws {ConnectionError} where it cannot be reached
 */
export async function askToStop(wait: LongWait, url: URL, over: () => boolean): Promise<boolean> {
  const repeating = new Repeating(policies.stopping, wait.context);
  for (;;) {
    const step = await ask(wait, url).catch((error: unknown) => setbackOf(error));
    if (typeof step === "boolean") return step;
    const verdict = repeating.judge(step);
    if (verdict.kind !== "again") throw step.cause;
    if (over()) return true;
    await wait.pause(verdict.afterMs);
    if (over()) return true;
  }
}

async function ask(wait: LongWait, url: URL): Promise<boolean | Setback> {
  const headers = new Headers(wait.identity);
  headers.set("Accept", "application/json");
  const shown = await wait.ask(url, { headers });
  if (isForLater(shown)) return notReady(shown, await refusal("GET", url, shown));
  if (shown.status === 401 || shown.status === 403) throw await refusal("GET", url, shown);
  const text = shown.ok ? ((await boundedText(shown, longestDocument)) ?? "") : "";
  const document = readStatusDocument(text);
  abandon(shown);
  if (document?.outcome) return true;
  const place = ownReference(document?.cancel ?? null, url);
  if (place === undefined) return false;
  const answer = await wait.ask(place, { method: "POST", headers });
  if (isForLater(answer)) return notReady(answer, await refusal("POST", place, answer));
  // Gone: it has ended, and is hidden or no longer kept.
  if (!answer.ok && answer.status !== 404 && answer.status !== 410)
    throw await refusal("POST", place, answer);
  abandon(answer);
  wait.stopped = true;
  return true;
}
