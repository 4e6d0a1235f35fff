/** A request whose Idempotency-Key is known: it gets the answer of the first one, and its handler does not run. */
import { type AnyRequest, type AnyResponse, type Exchange, openExchange } from "@meanwhile/interim";
import type { Operation, Outcome } from "@meanwhile/operations";
import { admit, type Earlier } from "@meanwhile/operations/internal";
import type { ContentDigest } from "../handling/content-digest.ts";
import { allowanceOf, type Core, collectionUrl } from "../request/core.ts";
import type { Settings } from "../request/options.ts";
import { preferencesOf } from "../request/request-view.ts";
import { problem, type StatusAnswer } from "../status/answer.ts";
import type { FirstAnswer } from "../waiting/first-answer.ts";
import { follow } from "../waiting/follow.ts";
import { whenAborted } from "../waiting/listeners.ts";
import { accepted, comeAgain, outcomeResponse, stopping } from "./answers.ts";
import { answerSelected } from "./send-answer.ts";
import { patienceMs } from "./timeouts.ts";

/** On an answer that is given again. */
const replayedField = "Idempotency-Replayed";

export interface Joining {
  readonly request: AnyRequest;
  readonly response: AnyResponse;
  readonly settings: Settings;
  /** Of all of the request that matters but its content. */
  readonly fingerprint: string;
  readonly content: ContentDigest;
}

/** Answers with what became of the earlier request, or will. */
export async function join(core: Core, earlier: Earlier, joining: Joining): Promise<void> {
  const { request, response, settings, content } = joining;
  const exchange = openExchange(request, response);
  request.resume();
  const admission = admit(earlier, await isSame(core, earlier, joining), true);
  // Whoever breaks off gets no answer.
  if (admission.kind !== "mismatch" && content.value === undefined) return;
  const url = collectionUrl(request, settings) + earlier.id;
  switch (admission.kind) {
    case "run":
    case "mismatch":
      return answerSelected(exchange, mismatch);
    case "join":
      return waitFor(core, admission.operation, exchange, { settings, url, content: content.value });
    case "replay":
      core.observer.resumed(earlier);
      if ("ended" in earlier) await earlier.ended;
      else core.attendance.answeredAgain(earlier, exchange);
      return answerSelected(exchange, replayed(admission.outcome, url));
    case "not-yet":
      core.observer.resumed(earlier);
      return answerSelected(exchange, notTakenUp);
  }
}

const mismatch = problem(422, "The Idempotency-Key was used for another request.");
const notTakenUp = problem(503, "The operation is not taken up yet.", { "Retry-After": "1" });

async function waitFor(
  core: Core,
  operation: Operation,
  exchange: Exchange,
  {
    settings,
    url,
    content,
  }: { readonly settings: Settings; readonly url: string; readonly content: string | undefined },
): Promise<void> {
  const { operations, pacer, attendance, observer } = core;
  const preferences = preferencesOf(exchange.request);
  observer.joined(operation);
  const { first, answered } = await follow(operation, exchange, {
    operations,
    pacer,
    attendance,
    pacing: settings.pacing,
    allowance: allowanceOf(exchange, preferences, settings),
    asked: preferences.processing,
    statusUrl: () => url,
    closed: exchange.closed,
    waitMs: patienceMs(preferences),
  });
  if (first.kind === "accepted") observer.accepted(operation);
  // Of one that another process runs, the content is known once it has ended.
  const differs = first.kind === "outcome" && !isSameContent(operation, content);
  const answer = differs ? mismatch : answerTo(first, operation, url);
  if (answer) await answerSelected(exchange, answer);
  answered();
}

/** undefined: the client has left. */
function answerTo(first: FirstAnswer, operation: Operation, url: string): StatusAnswer | undefined {
  switch (first.kind) {
    case "outcome":
      return isAnswer(operation) || first.outcome.runsAnew ? replayed(first.outcome, url) : comeAgain;
    case "accepted":
      return accepted(operation, url);
    case "stopping":
      return stopping(first.isKept ? url : undefined);
    case "left":
      return undefined;
  }
}

/** The answer of another exchange. Whoever gets it need not try again: its handler does not run for this key any more. */
function replayed(outcome: Outcome, url: string): StatusAnswer {
  const answer = outcomeResponse(outcome, url);
  if (outcome.runsAnew) return answer;
  return { ...answer, fields: { ...answer.fields, [replayedField]: "true" } };
}

/** draft-ietf-httpapi-idempotency-key-header-07 §2.7. */
async function isSame(core: Core, earlier: Earlier, { fingerprint, content }: Joining): Promise<boolean> {
  if (!hasHead(earlier, fingerprint)) return false;
  const mine = await content.whole;
  const first = core.contents.get(earlier);
  // Two that are sent at once: what the first one says is known when it was received.
  if (first && "ended" in earlier) {
    const abandoned = new Promise<void>((resolve) => whenAborted(core.operations.abandoned, resolve));
    await Promise.race([first.whole, earlier.ended, abandoned]);
  }
  return isSameContent(earlier, mine);
}

/** As far as it is known. */
function isSameContent(earlier: Earlier, mine: string | undefined): boolean {
  const theirs = contentOf(earlier);
  return mine === undefined || theirs === "" || theirs === brokenOff || theirs === mine;
}

/** In place of the digest of content that never came to its end. */
const brokenOff = "-";

/** A fingerprint that grows: the content's digest follows when it is known. */
export function growingFingerprint(head: string, content: ContentDigest): string {
  return `${head}.${content.value ?? (content.isBrokenOff ? brokenOff : "")}`;
}

/**
 * Whether what a request ended with answers the same request when it comes again. What {@link Outcome.runsAnew} says
 * does not; nor does the failure of one whose content broke off (RFC 9112 §8).
 */
export function isAnswer(earlier: Earlier): boolean {
  const { outcome, state } = earlier;
  if (outcome === undefined) return true;
  if (outcome.runsAnew) return false;
  return !(contentOf(earlier) === brokenOff && outcome.status >= 400 && state !== "interrupted");
}

/** Whether all that matters of the earlier request, but its content, is this. */
export function hasHead({ key }: Earlier, fingerprint: string): boolean {
  return (key?.fingerprint.split(".")[0] ?? "") === fingerprint;
}

function contentOf({ key }: Earlier): string {
  return key?.fingerprint.split(".")[1] ?? "";
}
