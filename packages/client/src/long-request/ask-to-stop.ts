/** Asks a server to stop an operation: DELETE of its status document. */
import { backoffMs, retryAfterMs } from "./backoff.ts";
import { boundedText, discard } from "./bounded-text.ts";
import type { LongWait } from "./long-wait.ts";
import { isForLater, isPassing, refusal } from "./setback.ts";
import { longestDocument, readStatusDocument } from "./status-document.ts";

/** Tries to reach the server, and to meet a document that has not changed since it was read. */
const mostTries = 8;

/** So many tries insist that nothing has changed since; a document that changes all the time has not ended. */
const carefulTries = 4;

/**
 * A DELETE hides an operation that has ended, and with it the outcome that somebody waits for. So it is looked at
 * first, and deleted only as it was seen (`If-Match`).
 *
 * @param over whether the outcome is there meanwhile
 * @returns whether the operation is asked, or has ended; false where `url` is no status document
 * @throws {HttpError} where the server refuses
 * @throws {ConnectionError} where it cannot be reached
 */
export async function askToStop(wait: LongWait, url: URL, over: () => boolean): Promise<boolean> {
  const { surroundings } = wait.context;
  for (let attempt = 0; ; attempt += 1) {
    let pauseMs = backoffMs(attempt, surroundings.random());
    try {
      const step = await ask(wait, url, attempt < carefulTries);
      if (step === "done") return true;
      if (step === "unknown") return false;
      if (step === "changed") pauseMs = 0;
      else {
        if (attempt >= mostTries) throw await refusal("DELETE", url, step);
        pauseMs = Math.max(pauseMs, retryAfterMs(step.headers) ?? 0);
        discard(step);
      }
    } catch (error) {
      if (!isPassing(error) || attempt >= mostTries) throw error;
    }
    if (over()) return true;
    if (pauseMs > 0) await wait.pause(pauseMs);
    if (over()) return true;
  }
}

/** @returns a response where the server is not ready */
async function ask(
  wait: LongWait,
  url: URL,
  careful: boolean,
): Promise<"done" | "unknown" | "changed" | Response> {
  const headers = new Headers(wait.identity);
  headers.set("Accept", "application/json");
  const shown = await wait.send(url, { headers });
  if (isForLater(shown)) return shown;
  if (shown.status === 401 || shown.status === 403) throw await refusal("GET", url, shown);
  const document = shown.ok
    ? readStatusDocument((await boundedText(shown, longestDocument)) ?? "")
    : undefined;
  discard(shown);
  if (document === undefined) return "unknown";
  if (document.outcome) return "done";
  const tag = shown.headers.get("etag");
  if (careful && tag !== null) headers.set("If-Match", tag);
  const answer = await wait.send(url, { method: "DELETE", headers });
  const { status } = answer;
  if (isForLater(answer)) return answer;
  if (status === 412) {
    discard(answer);
    return "changed";
  }
  if (!answer.ok && status !== 404 && status !== 410) throw await refusal("DELETE", url, answer);
  discard(answer);
  // It had ended in between, and is hidden now.
  wait.stopped = status === 204 ? "hidden" : "asked";
  return "done";
}
