/** Decides what a long request does next, after something happened to it. It does nothing itself. */
import type { ConnectionError } from "../../error/connection-error.ts";
import { policies } from "../../repeat/policies.ts";
import { mostOfStrangers } from "../../repeat/repeating.ts";
import { isForLater, isReplay, retryAfterMs } from "../../repeat/setback.ts";
import { monitorOf } from "../../status/accepted.ts";
import { keepsAnswerTo } from "../../status/announcement.ts";
import { ownReference, statusLink } from "../../status/own-reference.ts";
import type { StatusDocument } from "../../status/status-document.ts";
import type { Ending } from "../following/ending.ts";
import type {
  Cause,
  Course,
  CourseEvent,
  CourseFacts,
  CourseRequest,
  Effect,
  Move,
  Phase,
  Reason,
} from "./course.ts";

/** Most 202s that lead to one another. */
const mostAccepted = 5;

/** The first thing to do. */
export function begin(request: CourseRequest): Move {
  const course: Course = {
    phase: { kind: "sending" },
    request,
    url: undefined,
    expected: "document",
    doubt: false,
    keeps: undefined,
    mayRunTwice: false,
    setbacks: 0,
    repetitions: 0,
    accepted: 0,
  };
  return { course, effects: [{ kind: "send" }] };
}

/** What is to be done after something has happened. @throws {TypeError} for an event that does not fit the phase */
export function next(before: Course, event: CourseEvent, facts: CourseFacts): Move {
  const course = { ...before, url: facts.url };
  const { phase } = course;
  switch (event.kind) {
    case "answered":
      return answered(course, event.response, facts);
    case "lost":
      return phase.kind === "ended"
        ? contentLost(course, event.error, facts)
        : lost(course, event.error, facts);
    case "seen":
      if (phase.kind === "looking") return seen(course, phase, event.document);
      break;
    case "asked":
      if (phase.kind === "wondering")
        return unavailable(
          { ...course, keeps: event.keeps ?? course.keeps },
          phase.response,
          event.keeps === true,
        );
      if (phase.kind === "asking") {
        const asked = { ...course, keeps: event.keeps ?? course.keeps };
        return event.keeps === true ? rest(asked, phase.reason) : refuse(asked, phase.reason);
      }
      break;
    case "followed":
      return followed(course, event.ending, facts);
    case "read":
      if (phase.kind === "reading") return read(course, phase.document, event.response, facts);
      break;
    case "resumed":
      if (event.response !== undefined) return end(course, event.response);
      if (phase.kind === "resuming") return permit(course, phase.reason, facts);
      break;
    case "rested":
      if (phase.kind === "resting") return rested(course, phase);
      break;
    case "silent":
      return silent(course, event.error);
    case "failed":
      return fail(course, { error: event.error });
  }
  throw new TypeError(`${event.kind} while ${phase.kind}`);
}

function answered(course: Course, response: Response, facts: CourseFacts): Move {
  const { request, url, doubt } = course;
  const { status, headers } = response;
  if (status === 202) return accepted(course, response);
  if (isForLater(response)) {
    const keeps = keepsAnswerTo(request.method, headers) || course.keeps;
    const known = keepsOf({ ...course, keeps }, facts);
    if (known !== undefined) return unavailable({ ...course, keeps }, response, known);
    return move(course, { kind: "wondering", response }, { kind: "ask-whether-kept", insist: false });
  }
  // Neither says what became of the first one: no credentials, or not the same request.
  const isBeside = status === 401 || status === 407 || status === 422;
  if (isBeside && doubt && statusLink(headers, request.url) === undefined) return fail(course, { response });
  // "If-None-Match: *" does not hold any more, once the content is there.
  if (status === 412 && course.mayRunTwice) return fail(course, { response });
  const tellsOfEnd = status === 409 || status >= 500 || (status >= 400 && facts.stopped);
  if (!tellsOfEnd || url === undefined) return end(course, response);
  return move(course, { kind: "looking", response, url }, { kind: "look", url });
}

function accepted(before: Course, response: Response): Move {
  const course = { ...before, accepted: before.accepted + 1 };
  const monitor = monitorOf(response, course.request.url);
  if (monitor === undefined || course.accepted > mostAccepted) return end(course, response);
  const effects: readonly Effect[] = [{ kind: "abandon", response }, { kind: "alive" }];
  return follow({ ...course, expected: monitor.expected }, monitor.url, ...effects);
}

function seen(
  course: Course,
  { response, url }: Extract<Phase, { kind: "looking" }>,
  document: StatusDocument | undefined,
): Move {
  if (document?.state !== "cancelled" && document?.state !== "interrupted") return end(course, response);
  return ended(course, document, url, { kind: "abandon", response });
}

/** The server, or a proxy before it, is not ready to answer. */
function unavailable(before: Course, response: Response, keeps: boolean): Move {
  const { request, doubt } = before;
  const { status, headers } = response;
  const isRepeated = before.setbacks > 0 && (request.safe || request.mayRepeat);
  if (!keeps && !isRepeated) return end(before, response);
  // Of a server that keeps answers: it was interrupted, and what is sent again runs anew.
  const mayRunTwice = before.mayRunTwice || (status === 503 && doubt);
  // A server that stops says where the operation goes on.
  const place = keeps && status === 503 ? ownReference(headers.get("location"), request.url) : undefined;
  const course = { ...before, mayRunTwice, setbacks: before.setbacks + 1 };
  const url = course.url ?? place;
  if (url !== undefined) return follow(course, url, { kind: "abandon", response });
  const error = new Error(`${request.url.host} answered ${status}`);
  const reason = { cause: { error }, askedMs: retryAfterMs(headers) ?? 0, instead: response };
  return permitted(course, reason, keeps);
}

/** As {@link permit}, where it is known whether the server keeps answers. */
function permitted(course: Course, reason: Reason, keeps: boolean): Move {
  const { request } = course;
  if (!request.repeatable) return refuse(course, reason);
  if (request.safe || request.mayRepeat) return repeat(course, reason);
  return !course.doubt || keeps ? rest(course, reason) : refuse(course, reason);
}

function lost(before: Course, error: ConnectionError, facts: CourseFacts): Move {
  const setbacks = before.setbacks + 1;
  const course = { ...before, setbacks, doubt: before.doubt || error.mayHaveArrived };
  // A hop that breaks interim responses is left in peace; what is malformed without them stays so.
  if (error.code === "malformed" && facts.interimsBreak) return fail(course, { error });
  const breaks = error.code === "malformed" || error.interims > 0;
  const effects: readonly Effect[] = breaks ? [{ kind: "avoid-interims" }] : [];
  // Somebody was there, and went; where nobody listens from the start, nobody is expected. Fetch cannot tell these apart.
  const wasThere = error.code === "lost" && !facts.hidesInterims && setbacks <= mostOfStrangers;
  if (!facts.met && !wasThere)
    return move(course, { kind: "ended" }, ...effects, { kind: "fail", cause: { error }, unknown: false });
  if (course.url !== undefined) return follow(course, course.url, ...effects);
  return preceded(effects, again(course, { cause: { error }, askedMs: 0 }, facts));
}

/** The content of the final response was lost. */
function contentLost(before: Course, error: ConnectionError, facts: CourseFacts): Move {
  const { course, effects } = lost(before, error, facts);
  if (course.phase.kind !== "following") return { course, effects };
  const others = effects.filter(({ kind }) => kind !== "follow");
  return preceded(others, repeat(course, { cause: { error }, askedMs: 0 }, "follow"));
}

function followed(course: Course, ending: Ending, facts: CourseFacts): Move {
  switch (ending.kind) {
    case "response":
      return end(course, ending.response);
    case "cancelled":
      return move(course, { kind: "ended" }, { kind: "cancelled", url: course.url });
    case "document":
      return ended(course, ending.document, ending.url);
    case "gone": {
      // What was forgotten may be done, and would be done again.
      const { safe, mayRepeat } = course.request;
      const cause = { error: ending.cause };
      const repetitions = course.repetitions + 1;
      const doubtful = { ...course, repetitions, doubt: true };
      if (!(safe || mayRepeat) || repetitions > policies.request.inAll) return fail(doubtful, cause);
      return again({ ...doubtful, url: undefined, expected: "document" }, { cause, askedMs: 0 }, facts);
    }
  }
}

/** The status document tells how it ended. What has one has an answer that is kept. */
function ended(before: Course, document: StatusDocument, url: URL, ...first: readonly Effect[]): Move {
  const course = { ...before, keeps: true };
  const effects: readonly Effect[] = [...first, { kind: "learn-operations" }];
  if (document.state === "cancelled")
    return move(course, { kind: "ended" }, ...effects, { kind: "cancelled", url });
  return move(course, { kind: "reading", document }, ...effects, { kind: "read-outcome", document, url });
}

function read(before: Course, document: StatusDocument, response: Response, facts: CourseFacts): Move {
  // A recorded 503 is no answer: the same request runs anew, and its key with it.
  const runsAnew = response.status === 503 && !isReplay(response.headers);
  const interrupted = document.state === "interrupted";
  if (!interrupted && !runsAnew) return end(before, response);
  const { repeatable, repeatsItself } = before.request;
  const repetitions = before.repetitions + 1;
  const isAgain = repeatable && (runsAnew || repeatsItself) && repetitions <= policies.request.inAll;
  const course = { ...before, repetitions, doubt: before.doubt || interrupted };
  if (!isAgain) return interrupted ? fail(course, { response }) : end(course, response);
  const reason = { cause: { response }, askedMs: retryAfterMs(response.headers) ?? 0 };
  const anew = { ...course, mayRunTwice: course.mayRunTwice || interrupted, url: undefined };
  const effects: readonly Effect[] = runsAnew ? [] : [{ kind: "renew-key" }];
  return preceded(effects, again({ ...anew, expected: "document" }, reason, facts));
}

/** Where nothing has arrived, or the server keeps answers, the request itself is sent again; else the rest of an upload. */
function again(course: Course, reason: Reason, facts: CourseFacts): Move {
  if (!course.doubt || keepsOf(course, facts) === true) return permit(course, reason, facts);
  return move(course, { kind: "resuming", reason }, { kind: "resume", cause: reason.cause });
}

/** Whether the request may be sent again. */
function permit(course: Course, reason: Reason, facts: CourseFacts): Move {
  const keeps = keepsOf(course, facts);
  const { repeatable, safe, mayRepeat } = course.request;
  const { cause } = reason;
  const code = "error" in cause ? (cause.error as Partial<ConnectionError> | undefined)?.code : undefined;
  // Patience is at its end, and nothing is there that could be come back to.
  if (repeatable && (safe || mayRepeat) && code === "idle" && keeps !== true) return refuse(course, reason);
  const isOpen = repeatable && !safe && !mayRepeat && course.doubt && keeps === undefined;
  if (!isOpen) return permitted(course, reason, keeps === true);
  return move(course, { kind: "asking", reason }, { kind: "ask-whether-kept", insist: true });
}

/** Sends it again, unless it was sent often enough. */
function repeat(before: Course, reason: Reason, then: "send" | "follow" = "send"): Move {
  const course = { ...before, repetitions: before.repetitions + 1 };
  return course.repetitions > policies.request.inAll ? refuse(course, reason) : rest(course, reason, then);
}

function rest(course: Course, reason: Reason, then: "send" | "follow" = "send"): Move {
  const { cause, askedMs } = reason;
  return move(course, { kind: "resting", reason, then }, { kind: "rest", cause, askedMs });
}

function rested(course: Course, { reason, then }: Extract<Phase, { kind: "resting" }>): Move {
  const { instead } = reason;
  const effects: readonly Effect[] = instead === undefined ? [] : [{ kind: "abandon", response: instead }];
  if (then === "follow" && course.url !== undefined) return follow(course, course.url, ...effects);
  return move(course, { kind: "sending" }, ...effects, { kind: "send" });
}

function silent(course: Course, error: unknown): Move {
  const { phase } = course;
  return phase.kind === "resting" ? refuse(course, phase.reason, { error }) : fail(course, { error });
}

/** It is not sent again. If nothing else went wrong before, the response says that it was not done. */
function refuse(course: Course, { cause, instead }: Reason, why: Cause = cause): Move {
  if (instead === undefined) return fail(course, why);
  if (!course.doubt) return end(course, instead);
  return preceded([{ kind: "abandon", response: instead }], fail(course, why));
}

function follow(course: Course, url: URL, ...first: readonly Effect[]): Move {
  const { expected } = course;
  return move({ ...course, url }, { kind: "following" }, ...first, { kind: "follow", url, expected });
}

function end(course: Course, response: Response): Move {
  return move(course, { kind: "ended" }, { kind: "end", response });
}

function fail(course: Course, cause: Cause): Move {
  const unknown = course.doubt && !course.request.safe;
  return move(course, { kind: "ended" }, { kind: "fail", cause, unknown });
}

function move(course: Course, phase: Phase, ...effects: readonly Effect[]): Move {
  return { course: { ...course, phase }, effects };
}

/** The same, with these effects before its own. */
function preceded(effects: readonly Effect[], { course, effects: others }: Move): Move {
  return { course, effects: [...effects, ...others] };
}

/**
 * Whether the server keeps the answer to this request, as far as that is known: by what it has said since the request
 * began, or by an earlier answer for the same method and URL. What it said of others does not count.
 */
function keepsOf({ keeps }: Course, { keptBefore }: CourseFacts): boolean | undefined {
  return keeps ?? (keptBefore ? true : undefined);
}
