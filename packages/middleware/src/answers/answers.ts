/** Answers about an operation that are not what its handler wrote. */
import type { Operation, Outcome } from "@meanwhile/operations";
import { json, problem, type StatusAnswer } from "../status/answer.ts";
import { statusDocument } from "../status/document.ts";
import { missingContent } from "./missing-content.ts";

/** Seconds after which to look again at what is not finished. */
export const retryAfterSeconds = 5;

/** RFC 9110 §15.3.3, RFC 7240 §4.1. @param asked whether the client sent `Prefer: respond-async` */
export function accepted(
  operation: Operation,
  url: string,
  asked = true,
): StatusAnswer & { readonly content: string } {
  return json(202, `${JSON.stringify(statusDocument(operation, url))}\n`, {
    Location: url,
    "Retry-After": String(retryAfterSeconds),
    ...(asked ? { "Preference-Applied": "respond-async" } : {}),
  });
}

/**
 * Not the outcome: what becomes of the operation is told at its status document.
 * @param url of that; undefined where the operation could not be recorded
 */
export function stopping(url: string | undefined): StatusAnswer {
  return problem(503, "The server stops now.", {
    ...(url === undefined ? {} : { Location: url }),
    "Retry-After": String(retryAfterSeconds),
  });
}

/** No operation may start now; nothing was done. */
export function refusedFor(of: "principal" | "all" | "draining"): StatusAnswer {
  return of === "principal"
    ? problem(429, "Too many of your operations run.", { "Retry-After": String(retryAfterSeconds) })
    : problem(503, "Too many operations run, or the server stops.", {
        "Retry-After": String(retryAfterSeconds),
      });
}

/** What became of earlier requests is not known, so none may run that could be the same; nothing was done. */
export const unreadable: StatusAnswer = problem(
  503,
  "Whether this request was sent before could not be looked up.",
  {
    "Retry-After": String(retryAfterSeconds),
  },
);

/** Of a repetition that waited for a request whose content broke off: that one failed, and nothing else was done. */
export const comeAgain: StatusAnswer = problem(
  503,
  "The content of the first request with this Idempotency-Key broke off.",
  { "Retry-After": "1" },
);

/**
 * An outcome as the final response that it records. What is not kept whole is no success that a client could use: 409.
 * @param url of the status document, to be linked to; undefined: nobody was told of it
 */
export function outcomeResponse(outcome: Outcome, url: string | undefined): StatusAnswer {
  const link = url === undefined ? undefined : `<${url}>; rel="status"`;
  const missing = missingContent(outcome, url);
  if (missing) {
    const answer = problem(409, missing.title, link === undefined ? {} : { Link: link }, missing.more);
    return answer;
  }
  const { status, fields, content } = outcome;
  return { status, fields: link === undefined ? fields : linked(fields, link), content };
}

function linked(fields: Outcome["fields"], more: string): Outcome["fields"] {
  const isLink = (name: string): boolean => name.toLowerCase() === "link";
  const links = Object.entries(fields).flatMap(([name, value]) => (isLink(name) ? value : []));
  const others = Object.entries(fields).filter(([name]) => !isLink(name));
  return { ...Object.fromEntries(others), Link: [...links, more] };
}

/**
 * Of an operation that did not end, and never will: its process is gone, or its handler was given up. Where the
 * request may safely be sent again this is a 503, and the same key makes it run again (RFC 9110 §9.2.2, §15.6.4).
 */
export function interruptedOutcome(again: boolean): Outcome {
  const title = "The operation was interrupted, and its result is not known.";
  if (!again) {
    return problemOutcome(500, title, "Look at what is there before you send the request again.");
  }
  const fields = { "Retry-After": String(retryAfterSeconds) };
  return { ...problemOutcome(503, title, "The request may be sent again.", fields), runsAnew: true };
}

/** An outcome that no handler wrote (RFC 9457). */
export function problemOutcome(
  status: number,
  title: string,
  detail?: string,
  fields: Outcome["fields"] = {},
): Outcome {
  return {
    status,
    fields: { "Content-Type": "application/problem+json", ...fields },
    content: `${JSON.stringify({ status, title, ...(detail === undefined ? {} : { detail }) })}\n`,
  };
}
