/** A request whose Idempotency-Key is known: it gets the answer of the first one, and its handler does not run. */
import { type AnyRequest, type AnyResponse, openExchange } from "@meanwhile/interim";
import { parsePrefer } from "@meanwhile/interim/fields";
import type { JournalEntry, Operation, Outcome } from "@meanwhile/operations";
import type { Told } from "../attendance.ts";
import { firstAnswer } from "../first-answer.ts";
import { whenAborted } from "../listeners.ts";
import { problem, type StatusAnswer } from "../status-answer.ts";
import { waitFor } from "../waiting.ts";
import { accepted, comeAgain, outcomeResponse, stopping } from "./answers.ts";
import type { ContentDigest } from "./content-digest.ts";
import { allowanceOf, type Core, collectionUrl } from "./core.ts";
import type { Settings } from "./options.ts";
import { patienceMs } from "./patience.ts";
import { answerSelected } from "./send-answer.ts";

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
export async function join(core: Core, earlier: Operation | JournalEntry, joining: Joining): Promise<void> {
  const { request, response, settings, content } = joining;
  const exchange = openExchange(request, response);
  request.resume();
  if (!(await isSame(core, earlier, joining))) {
    await answerSelected(exchange, problem(422, "The Idempotency-Key was used for another request."));
    return;
  }
  // Whoever breaks off gets no answer.
  if (content.value === undefined) return;
  const url = collectionUrl(request, settings) + earlier.id;
  if (!("ended" in earlier) || earlier.outcome) {
    core.observer.resumed(earlier);
    if ("ended" in earlier) await earlier.ended;
    const { outcome } = earlier;
    const unknown = problem(503, "The operation is not taken up yet.", { "Retry-After": "1" });
    if (!("ended" in earlier)) core.attendance.answeredAgain(earlier, exchange);
    await answerSelected(exchange, outcome ? replayed(outcome, url) : unknown);
    return;
  }
  const { operations, pacer, attendance } = core;
  let told: Told = "less";
  const answerOf = (outcome: Outcome): StatusAnswer => {
    told = "outcome";
    return isAnswer(earlier) || outcome.runsAnew ? replayed(outcome, url) : comeAgain;
  };
  const preferences = parsePrefer(request.headers["prefer"]);
  core.observer.joined(earlier);
  attendance.attend(earlier, exchange);
  const following = waitFor(earlier, exchange, {
    operations,
    pacer,
    pacing: settings.pacing,
    allowance: allowanceOf(exchange, settings),
    asked: preferences.processing,
    statusUrl: url,
  });
  const answer = await firstAnswer<StatusAnswer | undefined>(operations, earlier, {
    outcome: answerOf,
    left: { closed: exchange.closed, answer: undefined },
    waitMs: patienceMs(preferences),
    accepted() {
      core.observer.accepted(earlier);
      told = "place";
      return accepted(earlier, url);
    },
    stopping: (isKept) => stopping(isKept ? url : undefined),
  });
  following.stop();
  if (answer) await answerSelected(exchange, answer);
  attendance.answered(earlier, exchange, told);
}

/** The answer of another exchange. Whoever gets it need not try again: its handler does not run for this key any more. */
function replayed(outcome: Outcome, url: string): StatusAnswer {
  const answer = outcomeResponse(outcome, url);
  if (outcome.runsAnew) return answer;
  return { ...answer, fields: { ...answer.fields, [replayedField]: "true" } };
}

/** draft-ietf-httpapi-idempotency-key-header-07 §2.7. */
async function isSame(
  core: Core,
  earlier: Operation | JournalEntry,
  { fingerprint, content }: Joining,
): Promise<boolean> {
  if (!hasHead(earlier, fingerprint)) return false;
  const mine = await content.whole;
  const first = core.contents.get(earlier);
  // Two that are sent at once: what the first one says is known when it was received.
  if (first && "ended" in earlier) {
    const abandoned = new Promise<void>((resolve) => whenAborted(core.operations.abandoned, resolve));
    await Promise.race([first.whole, earlier.ended, abandoned]);
  }
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
export function isAnswer(earlier: Operation | JournalEntry): boolean {
  const { outcome, state } = earlier;
  if (outcome === undefined) return true;
  if (outcome.runsAnew) return false;
  return !(contentOf(earlier) === brokenOff && outcome.status >= 400 && state !== "interrupted");
}

/** Whether all that matters of the earlier request, but its content, is this. */
export function hasHead({ key }: Operation | JournalEntry, fingerprint: string): boolean {
  return (key?.fingerprint.split(".")[0] ?? "") === fingerprint;
}

function contentOf({ key }: Operation | JournalEntry): string {
  return key?.fingerprint.split(".")[1] ?? "";
}
